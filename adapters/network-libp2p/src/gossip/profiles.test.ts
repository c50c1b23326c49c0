import { randomBytes } from 'node:crypto'
import { multiaddr } from '@multiformats/multiaddr'
import { PROFILE_BYTES_MAX, PROFILE_PUSHES_BURST_MAX } from '@parley/core'
import { joinMailbox, macrotask } from '@parley/engine/contract'
import type { Caller } from '@parley/engine/contract'
import { describe, expect, it } from 'vitest'
import type { Host } from '../host.ts'
import { createPushHost } from '../push-host.ts'
import type { PushHostOptions } from '../push-host.ts'
import { Cleanup, LOOPBACK, createTestNetwork, silentLog } from '../testing/networks.ts'
import { closed, createRogue } from '../testing/rogue.ts'

const TOPIC = 9
const TOPIC_NAME = `/parley/profile/1/${TOPIC}`
/** First byte of what only finds out whether everybody is there. */
const WARM = 0

async function createPushNode(cleanup: Cleanup, options: Partial<PushHostOptions> = {}): Promise<string> {
  const push = await createPushHost({
    seed: randomBytes(32),
    listen: [LOOPBACK],
    bootstrap: [],
    log: silentLog,
    ...options,
  })
  cleanup.add(() => push.stop())
  return push.addresses()[0] ?? ''
}

async function createListener(cleanup: Cleanup, ...bootstrap: readonly string[]): Promise<Caller> {
  const network = await createTestNetwork({ listen: [], bootstrap, isRelayClient: false })
  cleanup.add(() => network.stop())
  const caller = await joinMailbox(network)
  network.profiles.listen(new Set([TOPIC]))
  return caller
}

/** A peer that publishes what it likes. */
async function createShouter(cleanup: Cleanup, address: string): Promise<Host> {
  const { host, stop } = await createRogue()
  cleanup.add(stop)
  await host.dial(multiaddr(address))
  return host
}

/** A record of `length` bytes that nobody has seen. */
const recordOf = (first: number, length = 100): Uint8Array =>
  Buffer.concat([Uint8Array.of(first), randomBytes(length - 1)])

const shout = (host: Host, data: Uint8Array): Promise<unknown> => host.services.gossip.publish(TOPIC_NAME, data)

/** Shouts until everybody has heard it, slowly enough that the shouter keeps its allowance. */
async function warmUp(host: Host, listeners: readonly Caller[]): Promise<void> {
  // a shouter sees its push node alone; listeners are behind it
  while (host.services.gossip.getSubscribers(TOPIC_NAME).length === 0) await macrotask()
  for (let round = 0; !listeners.every(({ profiles }) => profiles.length > 0); round++) {
    await shout(host, recordOf(WARM))
    for (let pause = 0; pause < 20 * round; pause++) await macrotask()
  }
}

const heardBy = ({ profiles }: Caller): readonly Uint8Array[] =>
  profiles.map(({ record }) => record).filter(([first]) => first !== WARM)
const firstsOf = (caller: Caller): readonly number[] => heardBy(caller).map(([first = 0]) => first)

describe('pushed profiles', () => {
  it('[PUB-1] reach 25 devices of one address at once, not only a mesh of a few', { timeout: 30_000 }, async () => {
    await using cleanup = new Cleanup()
    const address = await createPushNode(cleanup)
    const listeners: Caller[] = []
    for (let count = 0; count < 25; count++) listeners.push(await createListener(cleanup, address))
    const shouter = await createShouter(cleanup, address)
    await warmUp(shouter, listeners)
    const tookMs: number[] = []
    for (let round = 1; round <= 5; round++) {
      const startedMs = performance.now()
      await shout(shouter, recordOf(round, 2_000))
      await Promise.all(listeners.map((listener) => listener.until(() => heardBy(listener).length === round)))
      tookMs.push(performance.now() - startedMs)
    }
    for (const listener of listeners) expect(firstsOf(listener)).toEqual([1, 2, 3, 4, 5])
    // outside a mesh one waits for heartbeats, a second each
    expect(Math.min(...tookMs)).toBeLessThan(500)
  })

  it('[PUB-1] pass several push nodes, and reach a listener of two of them once', async () => {
    await using cleanup = new Cleanup()
    const first = await createPushNode(cleanup)
    const second = await createPushNode(cleanup, { bootstrap: [first] })
    const far = await createListener(cleanup, second)
    const both = await createListener(cleanup, first, second)
    const shouter = await createShouter(cleanup, first)
    await warmUp(shouter, [far, both])
    const record = recordOf(1, PROFILE_BYTES_MAX)
    await shout(shouter, record)
    // the same again is an echo
    await shout(shouter, record)
    await shout(shouter, recordOf(2))
    await Promise.all([far, both].map((caller) => caller.until(() => firstsOf(caller).includes(2))))
    for (const caller of [far, both]) expect(firstsOf(caller).toSorted((one, other) => one - other)).toEqual([1, 2])
    expect(Buffer.compare(heardBy(far).find(([kind]) => kind === 1) ?? new Uint8Array(0), record)).toBe(0)
  })

  it('[PUB-2] that have no size of a record are neither heard nor passed on', async () => {
    await using cleanup = new Cleanup()
    const address = await createPushNode(cleanup)
    const listener = await createListener(cleanup, address)
    const shouter = await createShouter(cleanup, address)
    await warmUp(shouter, [listener])
    for (const length of [PROFILE_BYTES_MAX + 1, 4 * PROFILE_BYTES_MAX]) await shout(shouter, recordOf(1, length))
    await shout(shouter, new Uint8Array(0))
    await shout(shouter, recordOf(2, PROFILE_BYTES_MAX))
    await listener.until(() => heardBy(listener).length > 0)
    expect(firstsOf(listener)).toEqual([2])
  })

  it('[PUB-2] that the push node finds bad go no further, nor do those that it cannot judge', async () => {
    await using cleanup = new Cleanup()
    const judged: number[] = []
    const address = await createPushNode(cleanup, {
      checkProfile: async (topic, record) => {
        expect(topic).toBe(TOPIC)
        const [first = 0] = record
        judged.push(first)
        record.fill(7)
        if (first === 3) throw new Error('the database is closed')
        return first !== 2
      },
    })
    const listener = await createListener(cleanup, address)
    const shouter = await createShouter(cleanup, address)
    await warmUp(shouter, [listener])
    for (const first of [1, 2, 3, 4]) await shout(shouter, recordOf(first))
    await listener.until(() => heardBy(listener).length === 2)
    expect(firstsOf(listener)).toEqual([1, 4])
    expect(judged.filter((first) => first !== WARM)).toEqual([1, 2, 3, 4])
  })

  it('[PUB-2] of one peer are a bounded number, and of another are heard meanwhile', async () => {
    await using cleanup = new Cleanup()
    const address = await createPushNode(cleanup)
    const listener = await createListener(cleanup, address)
    const [flooder, other] = [await createShouter(cleanup, address), await createShouter(cleanup, address)]
    await warmUp(other, [listener])
    const flood = Promise.all(Array.from({ length: 200 }, () => shout(flooder, recordOf(1))))
    await shout(other, recordOf(2))
    await listener.until(() => firstsOf(listener).includes(2))
    await flood
    expect(firstsOf(listener).filter((first) => first === 1).length).toBeLessThan(3 * PROFILE_PUSHES_BURST_MAX)
  })

  it('[PUB-3] are the business of a device and its push nodes: who else is connected learns no topic', async () => {
    await using cleanup = new Cleanup()
    const address = await createPushNode(cleanup)
    const network = await createTestNetwork({ bootstrap: [address], isRelayClient: false })
    cleanup.add(() => network.stop())
    const listener = await joinMailbox(network)
    network.profiles.listen(new Set([TOPIC]))
    const stranger = await createRogue()
    cleanup.add(stranger.stop)
    const connection = await stranger.host.dial(multiaddr(network.addresses()[0] ?? ''))
    const honest = await createShouter(cleanup, address)
    await warmUp(honest, [listener])
    await shout(stranger.host, recordOf(1))
    await closed(await connection.newStream('/meshsub/1.2.0'))
    await shout(honest, recordOf(2))
    await listener.until(() => heardBy(listener).length > 0)
    expect(firstsOf(listener)).toEqual([2])
    expect(stranger.host.services.gossip.getSubscribers(TOPIC_NAME)).toEqual([])
  })
})
