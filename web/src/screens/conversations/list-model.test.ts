import type { Conversation } from '@parley/engine/api'
import { describe, expect, it } from 'vitest'
import { createFakeWorld } from '../../dev/fake-world.ts'
import { headsBetween, lineOf, unreadBeyond } from './list-model.ts'

const world = createFakeWorld(() => 1_000_000)
const ada = world.addConversation('Ada')
world.addMessage(ada, 'them', '**hello**\nthere')
const listed = (fields: Partial<Conversation> = {}): Conversation => {
  const [conversation] = world.handlers['conversations.list']({})
  if (conversation === undefined) throw new Error('nothing listed')
  return { ...conversation, ...fields }
}
const me = world.me.current.account

describe('a row of the list', () => {
  it('says the last line plainly', () => {
    expect(lineOf(listed(), me, false)).toEqual({ text: 'hello there', tone: 'plain' })
  })

  it('prefers typing to a draft, a draft to the last line, and hides the draft of the open conversation', () => {
    expect(lineOf(listed({ typing: [ada.account], draft: 'x' }), me, false)).toMatchObject({ tone: 'accent' })
    expect(lineOf(listed({ draft: 'x' }), me, false)).toMatchObject({ prefix: { text: 'Draft:' }, text: 'x' })
    expect(lineOf(listed({ draft: 'x' }), me, true)).toMatchObject({ text: 'hello there' })
  })

  it('says who spoke, and that a conversation cannot be written to', () => {
    const own = listed()
    const mine = own.lastMessage === undefined ? own : { ...own, lastMessage: { ...own.lastMessage, sender: me } }
    expect(lineOf(mine, me, false)).toMatchObject({ prefix: { text: 'You:', tone: 'plain' }, showsState: true })
    const failed =
      mine.lastMessage === undefined
        ? mine
        : { ...mine, lastMessage: { ...mine.lastMessage, state: 'failed' as const } }
    expect(lineOf(failed, me, false)).toMatchObject({ prefix: { text: 'Not sent:', tone: 'danger' }, showsState: true })
    expect(lineOf(own, me, false).showsState).toBeUndefined()
    expect(lineOf(listed({ status: 'invited' }), me, false).tone).toBe('faint')
    expect(lineOf(listed({ status: 'blocked' }), me, false).text).toBe('Blocked')
  })
})

describe('unread out of sight', () => {
  const rows = [2, 0, 1, 0, 0, 3, 0, 5].map((unread) => listed({ unread }))

  it('counts above and below and names the nearest', () => {
    expect(unreadBeyond(rows, 3, 4)).toEqual({ above: 3, below: 8, nearestAbove: 2, nearestBelow: 5 })
    expect(unreadBeyond(rows, 0, 7)).toEqual({ above: 0, below: 0 })
  })

  it('leaves out who is blocked', () => {
    expect(unreadBeyond([listed({ unread: 4, status: 'blocked' })], 1, 2).above).toBe(0)
  })
})

describe('heads in view', () => {
  const rows = ['a', 'b', 'c', 'd', 'e'].map((account) => listed({ account }))

  it('are those between the first and the last whole row, and the ones that are cut', () => {
    expect(headsBetween(rows, 2, 2)).toEqual(['b', 'c', 'd'])
    expect(headsBetween(rows, 0, 0)).toEqual(['a', 'b'])
    expect(headsBetween(rows, 4, 9)).toEqual(['d', 'e'])
  })

  it('leave out who is blocked, and who was not met yet', () => {
    expect(headsBetween([listed({ status: 'blocked' }), listed({ status: 'invited' })], 0, 1)).toEqual([])
  })
})
