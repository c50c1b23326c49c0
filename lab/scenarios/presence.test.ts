/** Who learns that somebody is there, what exactly, and when it ends. */
import { PRESENCE_LIFETIME_MS } from '@parley/core'
import { describe, expect, test } from 'vitest'
import { ask, befriend, createWorld, type Person, type World } from './world.ts'

const seen = async ({ engine }: Person) => (await engine.call('conversations.list', {}))[0]?.presence
const share = ({ engine }: Person, presence: 'nobody' | 'contacts') =>
  engine.call('me.update', { settings: { presence } })
const set = ({ engine }: Person, status: 'online' | 'away') => engine.call('presence.set', { status })
const told = ({ wire }: Person) => wire.sent.filter((type) => type === 'presence').length

async function friends(world: World): Promise<readonly [Person, Person]> {
  const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
  await befriend(world, alice, bob)
  await world.pass(2_000)
  return [alice, bob]
}

describe('presence', () => {
  test('[PRS-1] [PRS-5] nobody is told anything before its owner wants it', async () => {
    await using world = await createWorld()
    const [alice, bob] = await friends(world)
    await set(alice, 'online')
    await world.pass(5_000)
    expect(await seen(bob)).toEqual({ status: 'hidden' })
    await share(alice, 'contacts')
    await world.pass(100)
    expect(await seen(bob)).toEqual({ status: 'online', seenAt: expect.any(Number) })
    expect(await seen(alice)).toEqual({ status: 'hidden' })
  })

  test('[PRS-2] online lasts as long as its owner says so, and only changes are told', async () => {
    await using world = await createWorld()
    const [alice, bob] = await friends(world)
    await share(alice, 'contacts')
    await world.pass(1_100)
    const before = told(alice)
    const live = bob.engine.live('conversations.list', {})
    await set(alice, 'online')
    const at = world.clock.now()
    await world.pass(500)
    expect(live.peek()?.[0]?.presence).toEqual({ status: 'online', seenAt: at })
    for (let minute = 0; minute < 5; minute++) {
      await world.pass(60_000)
      await set(alice, 'online')
    }
    const last = world.clock.now()
    expect(told(alice)).toBe(before + 1)
    await world.pass(PRESENCE_LIFETIME_MS + 1_000)
    expect(live.peek()?.[0]?.presence).toEqual({ status: 'away', seenAt: last })
    await set(alice, 'online')
    await set(alice, 'away')
    await world.pass(3_000)
    expect(await seen(bob)).toMatchObject({ status: 'away' })
    live.dispose()
  })

  test('[PRS-2] [PRS-4] who stops sharing is hidden at once, also for those who are told only later', async () => {
    await using world = await createWorld()
    const [alice, bob] = await friends(world)
    await share(alice, 'contacts')
    await set(alice, 'online')
    await world.pass(2_000)
    await share(alice, 'nobody')
    await world.pass(2_000)
    expect(await seen(bob)).toEqual({ status: 'hidden' })
    await share(alice, 'contacts')
    await world.pass(2_000)
    expect(await seen(bob)).toMatchObject({ status: 'online' })
    bob.wire.setOnline(false)
    await world.pass(2_000)
    expect(await seen(bob)).toMatchObject({ status: 'offline' })
    await share(alice, 'nobody')
    bob.wire.setOnline(true)
    await world.pass(70_000)
    expect(await seen(bob)).toEqual({ status: 'hidden' })
    bob.wire.setOnline(false)
    await world.pass(2_000)
    expect(await seen(bob)).toEqual({ status: 'hidden' })
  })

  test('[PRS-4] without a link they are offline, last seen when it ended or when they went away, also after a restart', async () => {
    await using world = await createWorld()
    const [alice, bob] = await friends(world)
    await share(alice, 'contacts')
    await set(alice, 'online')
    await world.pass(10_000)
    await alice.stop()
    await world.pass(100)
    const ended = world.clock.now()
    const offline = await seen(bob)
    expect(offline?.status).toBe('offline')
    expect(Math.abs((offline?.seenAt ?? 0) - ended)).toBeLessThan(1_000)
    const back = await world.restart(bob)
    await world.pass(5_000)
    expect(await seen(back)).toEqual(offline)
    const returned = await world.restart(alice)
    await world.pass(70_000)
    // Alice's program runs; she was not at it since.
    expect(await seen(back)).toEqual({ status: 'away', seenAt: offline?.seenAt })
    await returned.stop()
    await world.pass(1_000)
    expect(await seen(back)).toEqual(offline)
  })

  test('[PRS-1] [PRS-5] a blocked contact is told nothing and shown as hidden; whoever only asks neither', async () => {
    await using world = await createWorld()
    const [alice, bob] = await friends(world)
    for (const person of [alice, bob]) {
      await share(person, 'contacts')
      await set(person, 'online')
    }
    await world.pass(2_000)
    await alice.engine.call('blocks.add', { account: bob.account })
    await world.pass(1_000)
    expect(await seen(alice)).toEqual({ status: 'hidden' })
    expect((await seen(bob))?.status).toBe('offline')
    const carol = await world.open('Carol')
    await share(carol, 'contacts')
    await set(carol, 'online')
    await ask(world, carol, alice)
    await world.pass(5_000)
    expect(told(carol)).toBe(0)
    expect(await seen(carol)).toEqual({ status: 'hidden' })
  })

  test('[PRS-3] [PRS-6] a flood of frames costs a few writes, the last one counts, and no time is later than now', async () => {
    await using world = await createWorld()
    const [alice, bob] = await friends(world)
    await world.pass(5_000)
    const writes = bob.disk.store
    const changes = () => Number(writes.all('SELECT total_changes() AS n')[0]?.['n'])
    const before = changes()
    for (let index = 0; index < 2_000; index++) {
      const status = index % 2 === 0 ? ('online' as const) : ('away' as const)
      bob.wire.inject(alice.peerId, { type: 'presence', status, seenAt: 1_000 + index })
    }
    bob.wire.inject(alice.peerId, { type: 'presence', status: 'away', seenAt: 9_999_999_999_999 })
    await world.pass(5_000)
    expect(changes() - before).toBeLessThan(20)
    const presence = await seen(bob)
    expect(presence?.status).toBe('away')
    expect(presence?.seenAt).toBeLessThanOrEqual(world.clock.now())
    expect(presence?.seenAt).toBeGreaterThan(world.clock.now() - 10_000)
  })

  test('[PRS-2] whoever becomes a contact is told at once, and hears what was said before', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    for (const person of [alice, bob]) {
      await share(person, 'contacts')
      await set(person, 'online')
    }
    await befriend(world, alice, bob)
    expect([await seen(alice), await seen(bob)]).toMatchObject([{ status: 'online' }, { status: 'online' }])
  })

  test('[PRS-1] nothing of it is with a push node', async () => {
    await using world = await createWorld()
    const push = await world.openPushNode()
    const [alice, bob] = await friends(world)
    await share(alice, 'contacts')
    await bob.stop()
    await world.pass(1_000)
    const before = push.requests.length
    const types = alice.wire.sent.length
    await set(alice, 'online')
    await world.pass(200)
    await set(alice, 'away')
    await world.pass(200)
    expect([push.requests.length - before, alice.wire.sent.length - types]).toEqual([0, 0])
  })
})
