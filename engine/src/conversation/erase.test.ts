import { fromHex, type Saying } from '@parley/core'
import { describe, expect, it } from 'vitest'
import { entryById } from '../store/entries.ts'
import { befriend, carry, createPair, createTestNode, type TestNode } from '../testing/node.ts'
import { isErased } from './erase.ts'

const text = (words: string): Saying => ({ type: 'text', text: words })

/** True when nothing of what was said is left in the log of `node`. */
function isGone({ context }: TestNode, id: string): boolean {
  const entry = entryById(context.store, fromHex(id))
  return entry !== undefined && isErased(context.vault.open(`entries/${id}`, entry.contentSealed))
}
const isWhole = (node: TestNode, ...ids: readonly string[]) => ids.every((id) => !isGone(node, id))

describe('deleted for everybody', () => {
  it('[CNT-15] words and edits are gone, whatever order message, edit and deletion arrive in', async () => {
    for (const order of [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ]) {
      const { alice, bob, conversation } = await createPair()
      const message = await alice.say(conversation, text('words'))
      const edit = await alice.say(conversation, { type: 'edit', target: fromHex(message), text: 'other words' })
      await alice.say(conversation, { type: 'delete', target: fromHex(message) })
      const envelopes = alice.take(bob.context.self.peerId)
      for (const index of order) await bob.receive(alice, envelopes[index] ?? new Uint8Array(0))
      expect([isGone(bob, message), isGone(bob, edit), order]).toEqual([true, true, order])
      expect(bob.messages(conversation)).toMatchObject([{ content: { type: 'deleted' } }])
    }
  })

  it('[CNT-15] own words stay until they were delivered, and go then', async () => {
    const { alice, bob, conversation } = await createPair()
    const message = await alice.say(conversation, text('words'))
    const edit = await alice.say(conversation, { type: 'edit', target: fromHex(message), text: 'other words' })
    await alice.say(conversation, { type: 'delete', target: fromHex(message) })
    expect(isWhole(alice, message, edit)).toBe(true)
    await carry(alice, bob)
    const report = { delivered: [fromHex(message), fromHex(edit)], read: [] }
    await bob.seal(conversation, { type: 'status', report })
    await carry(bob, alice)
    expect([isGone(alice, message), isGone(alice, edit)]).toEqual([true, true])
  })

  it('[CNT-13] [CNT-15] nobody erases the words of somebody else, and no other conversation erases ours', async () => {
    const { clock, alice, bob, conversation } = await createPair()
    const carol = await createTestNode(clock, 9)
    const other = await befriend(alice, carol)
    const message = await alice.say(conversation, text('words'))
    await carry(alice, bob)
    await bob.say(conversation, { type: 'delete', target: fromHex(message) })
    await carry(bob, alice)
    expect([isWhole(alice, message), isWhole(bob, message)]).toEqual([true, true])
    const theirs = await bob.say(conversation, text('by Bob'))
    await carry(bob, alice)
    await bob.context.turns.run('command', () => () => undefined)
    const ours = await carol.say(other, text('by Carol'))
    await carry(carol, alice)
    await alice.say(other, { type: 'delete', target: fromHex(ours) })
    await alice.say(other, { type: 'delete', target: fromHex(theirs) })
    await alice.say(other, { type: 'delete', target: fromHex(message) })
    await alice.context.turns.run('command', () => () => {
      alice.context.store.run('UPDATE entries SET state = 3')
    })
    await alice.say(other, { type: 'delete', target: fromHex(message) })
    expect(isWhole(alice, message, theirs, ours)).toBe(true)
  })
})
