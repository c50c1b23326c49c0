import { expect, test } from 'vitest'
import { befriend, createWorld, send, texts } from './world.ts'

test('[FST-15] [DLV-5] two people meet by an invite and talk both ways', async () => {
  await using world = await createWorld()
  const alice = await world.open('Alice')
  const bob = await world.open('Bob')
  const conversation = await befriend(world, alice, bob)
  const sent = await send(bob, conversation, 'hello Alice')
  expect(sent.state).toBe('queued')
  await world.pass(1_000)
  await send(alice, conversation, 'hello Bob')
  await world.pass(1_000)
  expect(await texts(alice, conversation)).toEqual(['hello Alice', 'hello Bob'])
  expect(await texts(bob, conversation)).toEqual(['hello Alice', 'hello Bob'])
  const { messages } = await bob.engine.call('messages.page', { conversation })
  expect(messages.map(({ state }) => state)).toEqual(['delivered', 'delivered'])
})
