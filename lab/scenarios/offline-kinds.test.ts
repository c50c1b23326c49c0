/** Everything that is said waits alike, and what is only of the moment does not wait at all. */
import { expect, test } from 'vitest'
import { befriend, createWorld, messages, send, type Person, type World } from './world.ts'

async function createTalk(): Promise<{ world: World; alice: Person; bob: Person; conversation: string }> {
  const world = await createWorld()
  await world.openPushNode()
  const alice = await world.open('Alice')
  const bob = await world.open('Bob')
  const conversation = await befriend(world, alice, bob)
  await world.pass(5_000)
  return { world, alice, bob, conversation }
}

test('[OFF-2] replies, edits, reactions and deletions wait like words do', async () => {
  const { world, alice, bob, conversation } = await createTalk()
  await using _ = world
  const first = await send(bob, conversation, 'Still for sale?')
  await world.pass(5_000)
  await bob.stop()
  const answer = await alice.engine.call('messages.send', { conversation, text: 'Yes', replyTo: first.id })
  const draft = await send(alice, conversation, 'For 20')
  await alice.engine.call('messages.edit', { conversation, message: draft.id, text: 'For 200' })
  await alice.engine.call('messages.react', { conversation, message: first.id, emoji: '👍', isOn: true })
  const mistake = await send(alice, conversation, 'Wrong window')
  await alice.engine.call('messages.delete', { conversation, message: mistake.id })
  await world.pass(5_000)
  await alice.stop()
  const back = await world.restart(bob)
  await world.pass(5_000)
  const seen = await messages(back, conversation)
  expect(seen.map(({ content }) => (content.type === 'text' ? content.text : content.type))).toEqual([
    'Still for sale?',
    'Yes',
    'For 200',
    'deleted',
  ])
  expect(seen[0]?.reactions.map(({ emoji }) => emoji)).toEqual(['👍'])
  expect(seen[1]).toMatchObject({ id: answer.id, replyTo: first.id })
})

test('[OFF-2] [TYP-2] receipts and typing make no deposit: receipts go with the next words, typing with nothing', async () => {
  const { world, alice, bob, conversation } = await createTalk()
  await using _ = world
  await send(alice, conversation, 'Read me')
  await world.pass(5_000)
  const before = alice
  await before.stop()
  await world.pass(5_000)
  const held = () => Number(bob.disk.store.all('SELECT count(*) AS n FROM deposits')[0]?.['n'])
  const start = held()
  await bob.engine.call('conversations.read', { conversation })
  await bob.engine.call('conversations.typing', { conversation })
  await world.pass(60_000)
  expect(held()).toBe(start)
  expect(bob.disk.store.all("SELECT kind FROM outbox WHERE kind = 'status'").length).toBeGreaterThan(0)
  await send(bob, conversation, 'Words')
  await world.pass(5_000)
  expect(held()).toBe(start + 1)
  await bob.stop()
  const back = await world.restart(before)
  await world.pass(5_000)
  expect((await messages(back, conversation)).map(({ state }) => state)).toEqual(['read', 'delivered'])
})
