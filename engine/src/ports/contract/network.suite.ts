/**
 * What every NetworkPort must do, run by each adapter's own test. Rules: docs/spec/15-wire.md, LINK-1…LINK-8, NET-1…NET-9.
 */
import { FRAME_BYTES_MAX } from '@parley/core'
import { describe, expect, it } from 'vitest'
import { LINK_BUFFER_BYTES_MAX } from '../network.ts'
import type { NetworkPort } from '../network.ts'
import { PortError } from '../port-error.ts'
import { frameOf, joinNetwork, linkedPair, never, randomLengths } from './network-fixture.ts'
import type { Member } from './network-fixture.ts'

/** Some networks that can find each other. */
export interface NetworkWorld {
  /** A network with an identity of its own, not started. The suite stops it. */
  createNetwork(): Promise<NetworkPort>
  /** The id of a peer that is nowhere. */
  strangerId(): Promise<string>
  /** An address where somebody accepts and then stays silent. */
  silentAddress(): Promise<string>
  /** A peer that makes a link to `target` and then sends what it likes, however long. */
  createRogue(target: NetworkPort): Promise<{ sendFrame(frame: Uint8Array): void }>
  dispose(): Promise<void>
}

type Join = () => Promise<Member>
type WithWorld = (test: (world: NetworkWorld, join: Join) => Promise<void>) => () => Promise<void>

/** Describes the contract for the adapter called `name`; `create` makes a fresh, empty world. */
export function networkContract(name: string, create: () => Promise<NetworkWorld>): void {
  const withWorld: WithWorld = (test) => async () => {
    const world = await create()
    const members: Member[] = []
    try {
      await test(world, async () => {
        const member = await joinNetwork(await world.createNetwork())
        members.push(member)
        return member
      })
    } finally {
      await Promise.all(members.map(({ network }) => network.stop()))
      await world.dispose()
    }
  }
  describe(`${name} is a network`, () => {
    describe('frames', () => frameRules(withWorld))
    describe('back-pressure', () => pressureRules(withWorld))
    describe('closing', () => closeRules(withWorld))
    describe('connecting', () => connectRules(withWorld))
    describe('one link', () => oneLinkRules(withWorld))
  })
}

function frameRules(withWorld: WithWorld): void {
  const FRAMES = 5_000
  it(
    `[LINK-1] carries ${FRAMES} frames of 1…64 KiB each way at once, in order and intact`,
    withWorld(async (_world, join) => {
      const [alice, bob] = await linkedPair(join)
      const lengths = randomLengths(FRAMES, 65_536)
      await Promise.all([
        alice.sendAll(lengths),
        bob.sendAll(lengths),
        alice.receiveAll(lengths),
        bob.receiveAll(lengths),
      ])
      expect(alice.faults).toEqual([])
      expect(bob.faults).toEqual([])
    }),
  )
  it(
    '[LINK-3] keeps the order of many small frames of one tick around large ones',
    withWorld(async (_world, join) => {
      const [alice, bob] = await linkedPair(join)
      const lengths = Array.from({ length: 1_000 }, (_, index) =>
        index % 250 === 100 ? FRAME_BYTES_MAX : 1 + (index % 40),
      )
      await Promise.all([alice.sendAll(lengths), bob.receiveAll(lengths)])
      expect(bob.faults).toEqual([])
    }),
  )
  it(
    '[LINK-2] closes a link on which a frame is too large, and only that one',
    withWorld(async (world, join) => {
      const [alice, bob] = await linkedPair(join)
      const rogue = await world.createRogue(bob.network)
      const peer = await bob.opened(2)
      rogue.sendFrame(new Uint8Array(FRAME_BYTES_MAX + 1))
      expect(await peer.closed).toBe('frame-too-large')
      expect(peer.frames).toBe(0)
      await Promise.all([alice.sendAll([1]), bob.receiveAll([1])])
    }),
  )
  it(
    '[LINK-1] refuses to send an empty or too large frame',
    withWorld(async (_world, join) => {
      const [alice] = await linkedPair(join)
      expect(() => alice.link.send(new Uint8Array(0))).toThrow()
      expect(() => alice.link.send(new Uint8Array(FRAME_BYTES_MAX + 1))).toThrow()
    }),
  )
}

function pressureRules(withWorld: WithWorld): void {
  const LENGTH = 65_536
  it(
    '[LINK-4] stops the sender of a receiver that does not read, and loses nothing when it reads again',
    withWorld(async (_world, join) => {
      const [alice, bob] = await linkedPair(join)
      const release = bob.hold()
      let accepted = 0
      const limit = (4 * LINK_BUFFER_BYTES_MAX) / LENGTH
      // one turn of the event loop may move a window's worth of frames on: stop when a refusal lasts
      for (let refusals = 0; refusals < 50 && accepted < limit;) {
        if (alice.link.send(frameOf(accepted, LENGTH))) accepted += 1
        else refusals += 1
        if (refusals > 0) await alice.turn()
      }
      expect(accepted).toBeGreaterThanOrEqual(LINK_BUFFER_BYTES_MAX / LENGTH - 2)
      expect(accepted).toBeLessThan(limit)
      expect(bob.frames).toBe(1)
      const drained = alice.drained()
      release()
      await bob.receiveAll(Array.from({ length: accepted }, () => LENGTH))
      await drained
      expect(bob.faults).toEqual([])
      expect(alice.link.send(frameOf(accepted, 1))).toBe(true)
    }),
  )
  it(
    '[LINK-4] keeps frames until somebody listens',
    withWorld(async (world, join) => {
      const alice = await join()
      const late = await joinNetwork(await world.createNetwork(), { isListening: false })
      await alice.connect(late)
      const lengths = randomLengths(40, 65_536)
      await alice.sendAll(lengths)
      const link = await late.opened(1)
      await late.turn()
      link.listen()
      await late.receiveAll(lengths)
      expect(late.faults).toEqual([])
      await late.network.stop()
    }),
  )
}

function closeRules(withWorld: WithWorld): void {
  it(
    '[LINK-8] delivers what was accepted before a close, then tells both ends once',
    withWorld(async (_world, join) => {
      const [alice, bob] = await linkedPair(join)
      const lengths = randomLengths(200, 20_000)
      for (const [index, length] of lengths.entries()) expect(alice.link.send(frameOf(index, length))).toBe(true)
      alice.link.close()
      expect(alice.last.closeReasons).toEqual([])
      alice.link.close()
      expect(alice.link.send(frameOf(0, 1))).toBe(false)
      expect(await alice.last.closed).toBe('local')
      await bob.receiveAll(lengths)
      expect(await bob.last.closed).toBe('remote')
      await bob.turn()
      expect(alice.last.closeReasons).toEqual(['local'])
      expect(bob.last.closeReasons).toEqual(['remote'])
      expect(bob.link.send(frameOf(0, 1))).toBe(false)
    }),
  )
  it(
    '[LINK-8] delivers nothing after a local close',
    withWorld(async (_world, join) => {
      const [alice, bob] = await linkedPair(join)
      bob.onFrame = () => bob.link.close()
      for (let index = 0; index < 50; index++) alice.link.send(frameOf(index, 1_000))
      expect(await bob.last.closed).toBe('local')
      expect(await alice.last.closed).toBe('remote')
      expect(bob.frames).toBe(1)
    }),
  )
  it(
    '[LINK-8] makes a new link after one was closed',
    withWorld(async (_world, join) => {
      const [alice, bob] = await linkedPair(join)
      for (let round = 2; round <= 5; round++) {
        alice.link.close()
        await Promise.all([alice.last.closed, bob.last.closed])
        await Promise.all(round % 2 === 0 ? [alice.connect(bob)] : [bob.connect(alice)])
        await Promise.all([alice.opened(round), bob.opened(round)])
        await Promise.all([alice.sendAll([100]), bob.receiveAll([100])])
      }
      expect(alice.faults).toEqual([])
    }),
  )
  it(
    '[NET-9] ends every link and listener when it stops, any number of times',
    withWorld(async (_world, join) => {
      const [alice, bob] = await linkedPair(join)
      const addresses = alice.network.addresses()
      await Promise.all([alice.network.stop(), alice.network.stop()])
      expect(await alice.last.closed).toBe('local')
      expect(['remote', 'transport']).toContain(await bob.last.closed)
      expect(alice.network.addresses()).toEqual([])
      expect(alice.network.status()).toMatchObject({ isListening: false, connections: 0 })
      await expect(alice.network.connect(bob.id, bob.network.addresses(), never())).rejects.toMatchObject(UNREACHABLE)
      await expect(bob.network.connect(alice.id, addresses, never())).rejects.toMatchObject(UNREACHABLE)
    }),
  )
}

const UNREACHABLE = { name: 'PortError', code: 'UNREACHABLE' } satisfies Partial<PortError>

function connectRules(withWorld: WithWorld): void {
  it(
    '[NET-1] names the proven peer at both ends',
    withWorld(async (_world, join) => {
      const [alice, bob] = await linkedPair(join)
      expect(alice.link.peerId).toBe(bob.id)
      expect(bob.link.peerId).toBe(alice.id)
      expect([alice.link.direction, bob.link.direction].toSorted()).toEqual(['inbound', 'outbound'])
      expect(alice.link.isRelayed).toBe(false)
      expect(alice.link.remoteAddress).not.toBe('')
      expect(bob.network.addresses().every((address) => address.endsWith(`/p2p/${bob.id}`))).toBe(true)
    }),
  )
  it(
    '[NET-1] makes no link to whoever answers at the address of another peer',
    withWorld(async (world, join) => {
      const [alice, bob] = [await join(), await join()]
      const stranger = await world.strangerId()
      const addresses = bob.network.addresses()
      const bare = addresses.map((address) => address.replace(/\/p2p\/[^/]+$/, ''))
      const failure = { ...UNREACHABLE, isRetryable: true }
      await expect(alice.network.connect(stranger, addresses, never())).rejects.toMatchObject(failure)
      await expect(alice.network.connect(stranger, bare, never())).rejects.toMatchObject(failure)
      expect(alice.links).toEqual([])
      expect(bob.links).toEqual([])
    }),
  )
  it(
    '[NET-3] reports a peer that nobody knows, an address that is none and its own id as unreachable',
    withWorld(async (world, join) => {
      const alice = await join()
      const stranger = await world.strangerId()
      await expect(alice.network.connect(stranger, [], never())).rejects.toMatchObject(UNREACHABLE)
      await expect(alice.network.connect(stranger, ['', 'nonsense', '/ip4/1'], never())).rejects.toBeInstanceOf(
        PortError,
      )
      await expect(alice.network.connect('nobody', [], never())).rejects.toMatchObject(UNREACHABLE)
      await expect(alice.network.connect(alice.id, alice.network.addresses(), never())).rejects.toMatchObject(
        UNREACHABLE,
      )
    }),
  )
  it(
    '[NET-3] stops waiting when the caller aborts, with the reason given',
    withWorld(async (world, join) => {
      const alice = await join()
      const stranger = await world.strangerId()
      const address = await world.silentAddress()
      const reason = new Error('no longer wanted')
      const early = new AbortController()
      early.abort(reason)
      await expect(alice.network.connect(stranger, [address], early.signal)).rejects.toBe(reason)
      const late = new AbortController()
      const connecting = alice.network.connect(stranger, [address], late.signal)
      await alice.turn()
      late.abort(reason)
      await expect(connecting).rejects.toBe(reason)
    }),
  )
  it(
    '[NET-3] shares one dial between concurrent callers, each with its own abort',
    withWorld(async (_world, join) => {
      const [alice, bob] = [await join(), await join()]
      const impatient = new AbortController()
      const addresses = bob.network.addresses()
      const aborted = alice.network.connect(bob.id, addresses, impatient.signal)
      const calls = Array.from({ length: 10 }, () => alice.network.connect(bob.id, addresses, never()))
      impatient.abort(new Error('impatient'))
      await expect(aborted).rejects.toThrow('impatient')
      await Promise.all(calls)
      await bob.opened(1)
      await alice.network.connect(bob.id, addresses, never())
      await Promise.all([alice.sendAll([10]), bob.receiveAll([10])])
      expect(alice.links).toHaveLength(1)
      expect(bob.links).toHaveLength(1)
    }),
  )
}

function oneLinkRules(withWorld: WithWorld): void {
  it(
    '[LINK-5] ends two simultaneous dials with the same single link, on which nothing is lost',
    withWorld(async (_world, join) => {
      for (let round = 0; round < 12; round++) {
        const [alice, bob] = [await join(), await join()]
        await Promise.all([alice.connect(bob), bob.connect(alice)])
        await Promise.all([alice.opened(1), bob.opened(1)])
        const lengths = randomLengths(100, 5_000)
        await Promise.all([
          alice.sendAll(lengths),
          bob.sendAll(lengths),
          alice.receiveAll(lengths),
          bob.receiveAll(lengths),
        ])
        await alice.turn()
        expect([alice.openLinks, bob.openLinks]).toEqual([1, 1])
        expect([...alice.faults, ...bob.faults]).toEqual([])
      }
    }),
    60_000,
  )
}
