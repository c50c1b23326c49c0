import { randomBytes } from 'node:crypto'
import { multiaddr } from '@multiformats/multiaddr'
import { WAKE_BYTES_MAX } from '@parley/core'
import { echo, hintOf, joinMailbox, macrotask, wakeText } from '@parley/engine/contract'
import type { Caller } from '@parley/engine/contract'
import { describe, expect, it } from 'vitest'
import type { Host } from '../host.ts'
import { createTestHolder } from '../testing/holders.ts'
import type { TestPushNode } from '../testing/holders.ts'
import { Cleanup, createTestNetwork } from '../testing/networks.ts'
import { closed, createRogue } from '../testing/rogue.ts'

const TOPIC = 9
const TOPIC_NAME = `/parley/wake/1/${TOPIC}`

async function createHolder(cleanup: Cleanup, bootstrap: readonly string[] = []): Promise<TestPushNode> {
  const holder = await createTestHolder(echo, bootstrap)
  cleanup.add(() => holder.stop())
  return holder
}

async function createListener(cleanup: Cleanup, ...bootstrap: readonly string[]): Promise<Caller> {
  const network = await createTestNetwork({ listen: [], bootstrap, isRelayClient: false })
  cleanup.add(() => network.stop())
  const caller = await joinMailbox(network)
  network.mailbox.listen(new Set([TOPIC]))
  return caller
}

/** A peer that publishes what it likes. */
async function createShouter(cleanup: Cleanup, holder: TestPushNode): Promise<Host> {
  const { host, stop } = await createRogue()
  cleanup.add(stop)
  await host.dial(multiaddr(holder.address))
  return host
}

const shout = (host: Host, data: Uint8Array): Promise<unknown> => host.services.gossip.publish(TOPIC_NAME, data)

/** Shouts until everybody has heard it. */
async function warmUp(host: Host, listeners: readonly Caller[]): Promise<void> {
  while (!listeners.every(({ heard }) => heard.length > 0)) {
    await shout(host, Buffer.concat([randomBytes(8), hintOf(0)]))
    await macrotask()
  }
}

const heardBy = ({ heard }: Caller): readonly string[] => heard.filter((text) => text !== wakeText(TOPIC, hintOf(0)))

describe('wake-ups', () => {
  it('[MBX-5] that are no hints are neither heard nor passed on', async () => {
    await using cleanup = new Cleanup()
    const holder = await createHolder(cleanup)
    const listener = await createListener(cleanup, holder.address)
    const shouter = await createShouter(cleanup, holder)
    const witness = await createShouter(cleanup, holder)
    const witnessed: number[] = []
    witness.services.gossip.subscribe(TOPIC_NAME)
    witness.services.gossip.addEventListener('message', ({ detail: { data } }) => witnessed.push(data.length))
    await warmUp(shouter, [listener])
    while (witnessed.length === 0) {
      await shout(shouter, Buffer.concat([randomBytes(8), hintOf(0)]))
      await macrotask()
    }
    for (const length of [0, 7, 8, 15, 17, 8 + WAKE_BYTES_MAX + 1, 8 + WAKE_BYTES_MAX + 8, 60_000]) {
      await shout(shouter, randomBytes(length))
    }
    const hints = [hintOf(1), hintOf(2, WAKE_BYTES_MAX / 8)]
    for (const hint of hints) await shout(shouter, Buffer.concat([randomBytes(8), hint]))
    await listener.until(() => heardBy(listener).length === 2)
    expect(heardBy(listener).toSorted()).toEqual(hints.map((hint) => wakeText(TOPIC, hint)))
    while (witnessed.filter((length) => length !== 16).length === 0) await macrotask()
    expect(new Set(witnessed)).toEqual(new Set([16, 8 + WAKE_BYTES_MAX]))
  })

  it('[MBX-5] of one peer are a bounded number, and of another are heard meanwhile', async () => {
    await using cleanup = new Cleanup()
    const holder = await createHolder(cleanup)
    const listener = await createListener(cleanup, holder.address)
    const [flooder, other] = [await createShouter(cleanup, holder), await createShouter(cleanup, holder)]
    await warmUp(flooder, [listener])
    await warmUp(other, [listener])
    for (let count = 0; count < 2_000; count++) await shout(flooder, Buffer.concat([randomBytes(8), hintOf(1)]))
    const text = wakeText(TOPIC, hintOf(2))
    while (!listener.heard.includes(text)) {
      await shout(other, Buffer.concat([randomBytes(8), hintOf(2)]))
      await macrotask()
    }
    expect(heardBy(listener).filter((heard) => heard !== text).length).toBeLessThan(400)
  })

  it('[MBX-5] are the business of a device and its push nodes: who else is connected learns no topic and wakes nobody', async () => {
    await using cleanup = new Cleanup()
    const holder = await createHolder(cleanup)
    const network = await createTestNetwork({ bootstrap: [holder.address], isRelayClient: false })
    cleanup.add(() => network.stop())
    const listener = await joinMailbox(network)
    network.mailbox.listen(new Set([TOPIC]))
    const stranger = await createRogue()
    cleanup.add(stranger.stop)
    const [address = ''] = network.addresses()
    const connection = await stranger.host.dial(multiaddr(address))
    const honest = await createShouter(cleanup, holder)
    await warmUp(honest, [listener])
    await shout(stranger.host, Buffer.concat([randomBytes(8), hintOf(1)]))
    const refused = await connection.newStream('/meshsub/1.2.0')
    await closed(refused)
    await shout(honest, Buffer.concat([randomBytes(8), hintOf(2)]))
    await listener.until(() => heardBy(listener).length > 0)
    expect(heardBy(listener)).toEqual([wakeText(TOPIC, hintOf(2))])
    expect(stranger.host.services.gossip.getSubscribers(TOPIC_NAME)).toEqual([])
  })

  it('[MBX-5] pass several push nodes, and reach a listener of two of them once', async () => {
    await using cleanup = new Cleanup()
    const first = await createHolder(cleanup)
    const second = await createHolder(cleanup, [first.address])
    const far = await createListener(cleanup, second.address)
    const both = await createListener(cleanup, first.address, second.address)
    const shouter = await createShouter(cleanup, first)
    await warmUp(shouter, [far, both])
    for (let count = 1; count <= 20; count++) await shout(shouter, Buffer.concat([randomBytes(8), hintOf(count)]))
    await Promise.all([far, both].map((caller) => caller.until(() => heardBy(caller).length >= 20)))
    for (const caller of [far, both]) expect(new Set(heardBy(caller)).size).toBe(heardBy(caller).length)
  })

  it('[MBX-5] reach fifty listeners of one push node at once, not only a mesh of a few', async () => {
    await using cleanup = new Cleanup()
    const holder = await createHolder(cleanup)
    const listeners: Caller[] = []
    for (let count = 0; count < 50; count++) listeners.push(await createListener(cleanup, holder.address))
    const shouter = await createShouter(cleanup, holder)
    await warmUp(shouter, listeners)
    const tookMs: number[] = []
    for (let round = 1; round <= 5; round++) {
      const startedMs = performance.now()
      await shout(shouter, Buffer.concat([randomBytes(8), hintOf(round)]))
      await Promise.all(listeners.map((listener) => listener.until(() => heardBy(listener).length === round)))
      tookMs.push(performance.now() - startedMs)
    }
    // outside a mesh one waits for heartbeats, a second each
    expect(Math.min(...tookMs)).toBeLessThan(500)
  })
})
