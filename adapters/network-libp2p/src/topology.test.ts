/** Several real nodes on loopback: relays, the DHT, restarts. */
import { randomBytes } from 'node:crypto'
import { FRAME_BYTES_MAX, RELAY_CIRCUIT_BYTES_MAX } from '@parley/core'
import { never } from '@parley/engine/contract'
import type { Member } from '@parley/engine/contract'
import { describe, expect, it } from 'vitest'
import { createPushHost } from './push-host.ts'
import type { PushHost } from './push-host.ts'
import { Cleanup, LOOPBACK, createTestNetwork, silentLog } from './testing/networks.ts'

const isCircuit = (address: string): boolean => address.includes('/p2p-circuit')
const hasCircuit = ({ network }: Member): boolean => network.addresses().some(isCircuit)
const isKept = ({ network }: Member): boolean => network.status().infrastructure.every(({ isConnected }) => isConnected)

async function startPushHost(
  cleanup: Cleanup,
  options: { seed?: Uint8Array; listen?: string } = {},
): Promise<PushHost> {
  const push = await createPushHost({
    seed: options.seed ?? randomBytes(32),
    listen: [options.listen ?? LOOPBACK],
    bootstrap: [],
    log: silentLog,
  })
  cleanup.add(() => push.stop())
  return push
}

/** Sends one frame each way. */
async function exchange(one: Member, other: Member): Promise<void> {
  await Promise.all([one.sendAll([1_000]), other.receiveAll([1_000])])
  await Promise.all([other.sendAll([70_000]), one.receiveAll([70_000])])
  expect([...one.faults, ...other.faults]).toEqual([])
}

describe('through a push node', () => {
  it('[NET-6] reaches a device that does not listen, by its circuit address', async () => {
    await using cleanup = new Cleanup()
    const push = await startPushHost(cleanup)
    const bob = await cleanup.join({ listen: [], bootstrap: push.addresses() })
    await bob.until(() => hasCircuit(bob))
    expect(bob.network.addresses().every(isCircuit)).toBe(true)
    expect(bob.network.addresses().every((address) => address.endsWith(`/p2p/${bob.id}`))).toBe(true)
    const alice = await cleanup.join()
    await alice.network.connect(bob.id, bob.network.addresses(), never())
    await bob.opened(1)
    expect([alice.link.isRelayed, bob.link.isRelayed]).toEqual([true, true])
    expect(alice.link.remoteAddress).toContain('/p2p-circuit')
    await exchange(alice, bob)
    expect(push.figures()).toMatchObject({ reservations: 1, circuits: 1 })
  })

  it('[NET-6] reaches it with nothing but its peer id when both use the same push node', async () => {
    await using cleanup = new Cleanup()
    const push = await startPushHost(cleanup)
    const bob = await cleanup.join({ listen: [], bootstrap: push.addresses() })
    const alice = await cleanup.join({ listen: [], bootstrap: push.addresses(), isRelayClient: false })
    await Promise.all([bob.until(() => hasCircuit(bob)), alice.until(() => isKept(alice))])
    await alice.network.connect(bob.id, [], never())
    await bob.opened(1)
    expect(alice.link.isRelayed).toBe(true)
    expect(alice.network.addresses()).toEqual([])
    await exchange(alice, bob)
  })

  it('[NET-6] carries more than a window each way through the relay', async () => {
    await using cleanup = new Cleanup()
    const push = await startPushHost(cleanup)
    const bob = await cleanup.join({ listen: [], bootstrap: push.addresses() })
    await bob.until(() => hasCircuit(bob))
    const alice = await cleanup.join()
    await alice.network.connect(bob.id, bob.network.addresses(), never())
    await bob.opened(1)
    const lengths = Array.from({ length: 400 }, (_, index) => 1 + ((index * 7_919) % 65_536))
    await Promise.all([
      alice.sendAll(lengths),
      bob.sendAll(lengths),
      alice.receiveAll(lengths),
      bob.receiveAll(lengths),
    ])
    expect([...alice.faults, ...bob.faults]).toEqual([])
  })

  it(
    '[PUSH-1] ends a circuit that carried RELAY_CIRCUIT_BYTES_MAX, and makes another',
    { timeout: 60_000 },
    async () => {
      await using cleanup = new Cleanup()
      const push = await startPushHost(cleanup)
      const bob = await cleanup.join({ listen: [], bootstrap: push.addresses() })
      await bob.until(() => hasCircuit(bob))
      const alice = await cleanup.join()
      await alice.network.connect(bob.id, bob.network.addresses(), never())
      const [near, far] = [await alice.opened(1), await bob.opened(1)]
      const frames = RELAY_CIRCUIT_BYTES_MAX / FRAME_BYTES_MAX
      await alice.sendAll(Array.from({ length: frames + 20 }, () => FRAME_BYTES_MAX))
      expect([await near.closed, await far.closed]).toEqual(['transport', 'transport'])
      expect(far.frames).toBeLessThan(frames)
      expect(far.frames).toBeGreaterThan(frames / 2)
      await alice.network.connect(bob.id, bob.network.addresses(), never())
      await bob.opened(2)
      expect(alice.link.send(new Uint8Array(10))).toBe(true)
      const seen = bob.frames
      await bob.until(() => bob.frames === seen + 1)
    },
  )

  it('[NET-4] finds a listening device through the DHT and links to it directly', async () => {
    await using cleanup = new Cleanup()
    const push = await startPushHost(cleanup)
    const bootstrap = push.addresses()
    const [alice, bob] = [await cleanup.join({ bootstrap }), await cleanup.join({ bootstrap })]
    await Promise.all([alice.until(() => hasCircuit(alice)), bob.until(() => hasCircuit(bob))])
    await alice.network.connect(bob.id, [], never())
    await bob.opened(1)
    expect(alice.link.isRelayed).toBe(false)
    await exchange(alice, bob)
  })

  it('[NET-2] [NET-4] finds a device again by the DHT that restarted on another port', async () => {
    await using cleanup = new Cleanup()
    const push = await startPushHost(cleanup)
    const bootstrap = push.addresses()
    const deviceSeed = randomBytes(32)
    const alice = await cleanup.join({ bootstrap })
    const before = await cleanup.join({ bootstrap, deviceSeed })
    await Promise.all([alice.until(() => hasCircuit(alice)), before.until(() => hasCircuit(before))])
    const stale = before.network.addresses()
    await alice.connect(before)
    await alice.opened(1)
    await before.network.stop()
    await alice.last.closed
    const after = await cleanup.join({ bootstrap, deviceSeed })
    await after.until(() => hasCircuit(after))
    expect(after.network.addresses()).not.toEqual(stale)
    await alice.network.connect(after.id, stale, never())
    await Promise.all([alice.opened(2), after.opened(1)])
    await exchange(alice, after)
  })
})

describe('when the push node restarts', () => {
  it('[NET-5] connects and reserves again', async () => {
    await using cleanup = new Cleanup()
    const seed = randomBytes(32)
    const first = await startPushHost(cleanup, { seed })
    const bootstrap = first.addresses()
    const listen = bootstrap[0]?.replace(/\/p2p\/.*$/, '') ?? ''
    const bob = await cleanup.join({ listen: [], bootstrap })
    await bob.until(() => hasCircuit(bob))
    await first.stop()
    await bob.until(() => !hasCircuit(bob) && !isKept(bob))
    const second = await startPushHost(cleanup, { seed, listen })
    await bob.until(() => hasCircuit(bob) && isKept(bob))
    expect(second.figures().reservations).toBe(1)
    const alice = await cleanup.join()
    await alice.network.connect(bob.id, bob.network.addresses(), never())
    await bob.opened(1)
    await exchange(alice, bob)
  })

  it('[NET-5] waits for a push node that is not there yet', async () => {
    await using cleanup = new Cleanup()
    const seed = randomBytes(32)
    const probe = await startPushHost(cleanup, { seed })
    const bootstrap = probe.addresses()
    await probe.stop()
    const bob = await cleanup.join({ listen: [], bootstrap })
    expect(bob.network.status()).toMatchObject({
      isListening: false,
      infrastructure: [{ address: bootstrap[0], isConnected: false }],
    })
    await startPushHost(cleanup, { seed, listen: bootstrap[0]?.replace(/\/p2p\/.*$/, '') ?? '' })
    await bob.until(() => hasCircuit(bob))
    expect(isKept(bob)).toBe(true)
  })

  it('[NET-5] refuses a push node address without a peer id', async () => {
    const options = { bootstrap: ['/ip4/127.0.0.1/tcp/4001'] }
    await expect(createTestNetwork(options)).rejects.toThrow('ends in /p2p/ID')
  })
})
