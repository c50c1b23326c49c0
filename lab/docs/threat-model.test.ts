/** What docs/threat-model.md says is not protected yet: when one of these fails, the document has to be changed. */
import { describe, expect, it } from 'vitest'
import { befriend, createWorld, send, texts } from '../scenarios/world.ts'
import { read } from './repository.ts'

const DAY_MS = 86_400_000

async function createTalk() {
  const world = await createWorld()
  const alice = await world.open('Alice')
  const bob = await world.open('Bob')
  const conversation = await befriend(world, alice, bob)
  await world.pass(5_000)
  return { world, alice, bob, conversation }
}

describe('not protected yet', () => {
  it('forward secrecy is coarse: a kept epoch and the recorded envelopes open what a later epoch said', async () => {
    expect(read('docs/threat-model.md')).toContain('**Forward secrecy is coarse.**')
    const { world, alice, bob, conversation } = await createTalk()
    await using _ = world
    await world.pass(DAY_MS)
    await send(bob, conversation, 'read long ago')
    await world.pass(5_000)
    // what is left when the newer epochs and the history were erased, and the oldest epoch is still kept
    alice.disk.store.run('DELETE FROM epochs WHERE depth > 0')
    alice.disk.store.run('DELETE FROM entries')
    const thief = await world.steal(alice, bob)
    for (const bytes of alice.wire.envelopes) {
      thief.wire.inject(bob.peerId, { type: 'envelope', bytes })
      await world.pass(1)
    }
    expect(await texts(thief, conversation)).toContain('read long ago')
  })
})
