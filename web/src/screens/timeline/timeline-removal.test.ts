import { describe, expect, it } from 'vitest'
import type { FakeConversation, FakeWorld } from '../../dev/fake-world.ts'
import { settled } from '../../dev/test-environment.ts'
import { createTestSession } from '../../dev/test-session.ts'
import type { TimelineModel } from './timeline-types.ts'

const fill = (world: FakeWorld, to: FakeConversation, count: number) => {
  for (let at = 0; at < count; at += 1)
    world.addMessage(to, 'them', `message ${at}`, { sentAt: world.now() - count + at })
}

const open = async (prepare: (world: FakeWorld, ada: FakeConversation) => void) => {
  const made: { ada?: FakeConversation } = {}
  const test = await createTestSession((world) => {
    made.ada = world.addConversation('Ada', { isConnected: true })
    prepare(world, made.ada)
  })
  const { ada } = made
  if (ada === undefined) throw new Error('not prepared')
  const timeline = test.session.timeline(ada.id)
  timeline.open()
  await settled()
  return { ...test, ada, timeline }
}

const texts = (timeline: TimelineModel): readonly string[] =>
  timeline
    .getSnapshot()
    .tiles.flatMap((tile) =>
      tile.type === 'message' && tile.message.content.type === 'text' ? [tile.message.content.text] : [],
    )

describe('removing from this device', () => {
  it('lets a message go at once, here and in a tab that only hears of the list', async () => {
    const { timeline, session, ada, world, environment } = await open((to, each) => fill(to, each, 3))
    const [, second, third] = ada.messages
    if (second === undefined || third === undefined) throw new Error('not prepared')
    await session.client.call('messages.hide', { conversation: ada.id, message: second.id })
    timeline.drop(second.id)
    expect(texts(timeline)).toEqual(['message 0', 'message 2'])
    world.handlers['messages.hide']({ conversation: ada.id, message: third.id })
    await settled()
    await environment.frame()
    await settled()
    expect(texts(timeline)).toEqual(['message 0'])
  })

  it('does not come back while what was removed is still on its way', async () => {
    const { timeline, ada, world, environment } = await open((to, each) => fill(to, each, 1))
    const own = world.addMessage(ada, 'me', 'on its way')
    await settled()
    await environment.frame()
    expect(texts(timeline)).toContain('on its way')
    timeline.drop(own.id)
    world.change(ada, own.id, { state: 'delivered' })
    await settled()
    await environment.frame()
    timeline.refresh()
    await settled()
    expect(texts(timeline)).toEqual(['message 0'])
  })

  it('follows when everything was removed elsewhere', async () => {
    const { timeline, ada, world, environment } = await open((to, conversation) => fill(to, conversation, 5))
    world.handlers['conversations.clear']({ conversation: ada.id })
    await settled()
    await environment.frame()
    await settled()
    expect(texts(timeline)).toEqual([])
    world.addMessage(ada, 'them', 'and on we go')
    await settled()
    await environment.frame()
    expect(texts(timeline)).toEqual(['and on we go'])
  })

  it('is empty after clearing, and what is written then stands alone', async () => {
    const { timeline, session, ada } = await open((to, conversation) => fill(to, conversation, 5))
    await session.client.call('conversations.clear', { conversation: ada.id })
    timeline.clear()
    await settled()
    expect(texts(timeline)).toEqual([])
    timeline.send('anew', undefined)
    await settled()
    expect(texts(timeline)).toEqual(['anew'])
  })
})

describe('what is unread', () => {
  it('is told as read also when a message is in view before the list counts it', async () => {
    const { timeline, session, world, ada, environment } = await open((to, conversation) => fill(to, conversation, 1))
    ada.readUpTo = ada.messages.length
    world.touch()
    await settled()
    await environment.frame()
    const stale = session.conversation(ada.id)
    const message = world.addMessage(ada, 'them', 'quick')
    expect(stale?.unread).toBe(0)
    timeline.see(message)
    await settled()
    await environment.frame()
    expect(session.conversation(ada.id)?.unread).toBe(1)
    await environment.advance(500)
    await environment.frame()
    expect(session.conversation(ada.id)?.unread).toBe(0)
  })
})
