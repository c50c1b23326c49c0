/** Several real nodes on loopback: relayed requests, the nearest in the DHT. */
import { createHash, randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { DHT_LOOKUP_TIMEOUT_MS, POINTER_REPLICAS_MAX } from '@parley/core'
import { echo, joinMailbox, never } from '@parley/engine/contract'
import type { Caller } from '@parley/engine/contract'
import { describe, expect, it } from 'vitest'
import { parsePeerId } from '../addresses.ts'
import { createTestHolder } from '../testing/holders.ts'
import type { TestPushNode } from '../testing/holders.ts'
import { Cleanup, createTestNetwork } from '../testing/networks.ts'
import type { Libp2pNetworkOptions } from '../network.ts'

async function join(cleanup: Cleanup, options: Partial<Libp2pNetworkOptions>): Promise<Caller> {
  const network = await createTestNetwork({ listen: [], ...options })
  cleanup.add(() => network.stop())
  return joinMailbox(network)
}

async function createHolder(cleanup: Cleanup, bootstrap: readonly string[] = []): Promise<TestPushNode> {
  const holder = await createTestHolder(echo, bootstrap)
  cleanup.add(() => holder.stop())
  return holder
}

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()

function distance(peerId: string, key: Uint8Array): string {
  const target = sha256(key)
  const place = sha256(parsePeerId(peerId)?.toMultihash().bytes ?? new Uint8Array(0))
  return Buffer.from(place.map((byte, at) => byte ^ (target[at] ?? 0))).toString('hex')
}

/** Nodes that each node knows at the start, and at least knows in the end. */
const KNOWN = 4

const peerOf = (address: string): string => address.split('/').at(-1) ?? ''

describe('mailboxes of several nodes', () => {
  it('[MBX-3] are asked through a relay, in both roles', async () => {
    await using cleanup = new Cleanup()
    const push = await createHolder(cleanup)
    const asked: string[] = []
    const server = async (from: string, request: Uint8Array): Promise<Uint8Array> => {
      asked.push(from)
      return request.slice()
    }
    const bob = await join(cleanup, { bootstrap: [push.address], mailbox: server })
    const circuit = (): string | undefined =>
      bob.network.addresses().find((address) => address.includes('/p2p-circuit'))
    await bob.until(() => circuit() !== undefined)
    const alice = await join(cleanup, { isRelayClient: false })
    const body = randomBytes(300_000)
    expect(Buffer.compare(await alice.ask(circuit() ?? '', body), body)).toBe(0)
    expect(asked).toEqual([alice.id])
    expect(push.host.figures().circuits).toBe(1)
  })

  it('[MBX-3] are found nearest to a key, in the order of their distance', { timeout: 60_000 }, async () => {
    await using cleanup = new Cleanup()
    const holders: TestPushNode[] = []
    for (let count = 0; count < 16; count++) {
      const known = holders.toSorted(() => randomBytes(1).readInt8()).slice(0, KNOWN)
      holders.push(
        await createHolder(
          cleanup,
          known.map(({ address }) => address),
        ),
      )
    }
    while (holders.some(({ host }) => host.figures().dhtPeers < KNOWN)) await setTimeout(20)
    const caller = await join(cleanup, { bootstrap: [holders[0]?.address ?? ''], isRelayClient: false })
    await caller.until(() => caller.network.mailbox.pushNodes().length === 1)
    let right = 0
    for (let round = 0; round < 20; round++) {
      const key = randomBytes(32)
      const found = (await caller.network.mailbox.closest(key, never())).map(peerOf)
      const byDistance = (a: string, b: string): number => (distance(a, key) < distance(b, key) ? -1 : 1)
      expect(found).toHaveLength(POINTER_REPLICAS_MAX)
      expect(found).toEqual(found.toSorted(byDistance))
      const real = holders
        .map(({ peerId }) => peerId)
        .toSorted(byDistance)
        .slice(0, POINTER_REPLICAS_MAX)
      right += found.filter((peerId) => real.includes(peerId)).length
    }
    expect(right / (20 * POINTER_REPLICAS_MAX)).toBeGreaterThan(0.97)
  })

  it('[MBX-3] are those that are left when a node of the DHT goes away', { timeout: 60_000 }, async () => {
    await using cleanup = new Cleanup()
    const first = await createHolder(cleanup)
    const others = [await createHolder(cleanup, [first.address]), await createHolder(cleanup, [first.address])]
    const caller = await join(cleanup, { bootstrap: [first.address], isRelayClient: false })
    await caller.until(() => caller.network.mailbox.pushNodes().length === 1)
    const key = randomBytes(32)
    const all = [first, ...others].map(({ peerId }) => peerId).toSorted()
    let found: readonly string[] = []
    while (found.length < all.length) {
      found = (await caller.network.mailbox.closest(key, never())).map(peerOf)
      await setTimeout(5)
    }
    expect(found.toSorted()).toEqual(all)
    await others[0]?.stop()
    const left = all.filter((peerId) => peerId !== others[0]?.peerId)
    while (found.length > left.length) {
      found = (await caller.network.mailbox.closest(key, never())).map(peerOf)
      await setTimeout(5)
    }
    expect(found.toSorted()).toEqual(left)
  })

  it('[MBX-3] are nobody, and at once, for a device that is connected to devices only', async () => {
    await using cleanup = new Cleanup()
    const friend = await createTestNetwork()
    cleanup.add(() => friend.stop())
    await joinMailbox(friend)
    const caller = await join(cleanup, {})
    await caller.network.connect(friend.peerId, friend.addresses(), never())
    const startedMs = performance.now()
    expect(await caller.network.mailbox.closest(randomBytes(32), never())).toEqual([])
    expect(performance.now() - startedMs).toBeLessThan(DHT_LOOKUP_TIMEOUT_MS / 2)
  })
})
