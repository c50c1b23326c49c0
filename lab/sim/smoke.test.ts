import { expect, test } from 'vitest'
import { createWorld } from './world.ts'

test('smoke', async () => {
  const world = await createWorld({ seed: 1, people: 2, isTracing: true })
  const [alice, bob] = world.people
  if (!alice || !bob) throw new Error()
  alice.open()
  bob.open()
  await world.run(1000)
  const invite = await alice.do('invites.create', {})
  const conversation = await bob.do('contacts.add', { link: invite!.link, text: 'PLAINTEXT 0' })
  await world.run(2000)
  const [request] = (await alice.do('requests.list', {})) ?? []
  await alice.do('requests.accept', { id: request!.id })
  await world.run(2000)
  for (let i = 0; i < 20; i++) {
    await alice.do('messages.send', { conversation: conversation!.id, text: `PLAINTEXT ${i}` })
    await world.run(100)
  }
  await world.run(5000)
  const page = await bob.do('messages.page', { conversation: conversation!.id })
  await world.stop()
  expect(page?.messages.length).toBe(21)
})
