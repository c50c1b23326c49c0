/** Who says that they are there before the other end knows that they are in contact. */
import { describe, expect, test } from 'vitest'
import { ask, createWorld, onlyRequest, type Person } from './world.ts'

const seen = async ({ engine }: Person) => (await engine.call('conversations.list', {}))[0]?.presence
const share = async ({ engine }: Person) => {
  await engine.call('me.update', { settings: { presence: 'contacts' } })
  await engine.call('presence.set', { status: 'online' })
}

describe('presence at the moment of first contact', () => {
  test('[PRS-1] whoever accepts and shares is seen by whoever asked', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    await share(alice)
    await ask(world, bob, alice)
    const request = await onlyRequest(alice)
    await alice.engine.call('requests.accept', { id: request.id })
    await world.pass(60_000)
    expect(await seen(bob)).toMatchObject({ status: 'online' })
  })

  test('[PRS-1] whoever asked and shares is seen by whoever accepts', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    await share(bob)
    await ask(world, bob, alice)
    const request = await onlyRequest(alice)
    await alice.engine.call('requests.accept', { id: request.id })
    await world.pass(60_000)
    expect(await seen(alice)).toMatchObject({ status: 'online' })
  })
})
