/** What every MailboxPort must do, run by each adapter's own test. Rules: docs/spec/52-mailbox.md, MBX-1…MBX-5. */
import { MAILBOX_BODY_BYTES_MAX, POINTER_REPLICAS_MAX } from '@parley/core'
import { describe, expect, it } from 'vitest'
import type { MailboxServer } from '../mailbox.ts'
import type { NetworkPort } from '../network.ts'
import type { PortError } from '../port-error.ts'
import {
  bodyOf,
  echo,
  echoOutOfOrder,
  echoUnlessHeld,
  hintOf,
  joinMailbox,
  macrotask,
  wakeText,
} from './mailbox-fixture.ts'
import type { Caller } from './mailbox-fixture.ts'
import { never } from './network-fixture.ts'

/** Some devices and push nodes that can find each other. */
export interface MailboxWorld {
  /** A device that keeps these push nodes connected, not started. The suite stops it. */
  createNetwork(pushNodes: readonly string[]): Promise<NetworkPort>
  /** A push node that answers with `server`. The world stops it. */
  createHolder(server: MailboxServer): Promise<TestHolder>
  dispose(): Promise<void>
}

export interface TestHolder {
  readonly peerId: string
  readonly address: string
  stop(): Promise<void>
  /** Comes back under the same address, after {@link stop}. */
  restart(): Promise<void>
}

type Join = (pushNodes?: readonly string[]) => Promise<Caller>
type WithWorld = (test: (world: MailboxWorld, join: Join) => Promise<void>) => () => Promise<void>

/** Describes the contract for the adapter called `name`; `create` makes a fresh, empty world. */
export function mailboxContract(name: string, create: () => Promise<MailboxWorld>): void {
  const withWorld: WithWorld = (test) => async () => {
    const world = await create()
    const callers: Caller[] = []
    try {
      await test(world, async (pushNodes = []) => {
        const caller = await joinMailbox(await world.createNetwork(pushNodes))
        callers.push(caller)
        return caller
      })
    } finally {
      await Promise.all(callers.map(({ network }) => network.stop()))
      await world.dispose()
    }
  }
  describe(`${name} is a mailbox`, () => {
    describe('requests', () => requestRules(withWorld))
    describe('failures', () => failureRules(withWorld))
    describe('nodes', () => nodeRules(withWorld))
    describe('wake-ups', () => wakeRules(withWorld))
  })
}

const UNREACHABLE = { name: 'PortError', code: 'UNREACHABLE' } satisfies Partial<PortError>
const GONE = { ...UNREACHABLE, isRetryable: true }
const USELESS = { ...UNREACHABLE, isRetryable: false }

function requestRules(withWorld: WithWorld): void {
  it(
    '[MBX-1] asks without a connection of before, and says who asks',
    withWorld(async (world, join) => {
      const asked: string[] = []
      const holder = await world.createHolder(async (from, request) => {
        asked.push(from)
        return Uint8Array.of(...request, 9)
      })
      const caller = await join()
      const request = Uint8Array.of(1, 2, 3)
      const answer = await caller.ask(holder.address, request)
      expect([...answer]).toEqual([1, 2, 3, 9])
      answer.fill(0)
      expect([...request]).toEqual([1, 2, 3])
      expect(asked).toEqual([caller.id])
    }),
  )
  it(
    '[MBX-1] gives each of many concurrent requests its own answer, in whatever order they come',
    withWorld(async (world, join) => {
      const holder = await world.createHolder(echoOutOfOrder)
      const callers = [await join(), await join()]
      const bodies = Array.from({ length: 400 }, (_, seed) => bodyOf(seed, 1 + ((seed * 97) % 3_000)))
      const answers = await Promise.all(
        callers.map((caller) => Promise.all(bodies.map((body) => caller.ask(holder.address, body)))),
      )
      for (const ofCaller of answers) expect(ofCaller.every((answer, at) => isEqual(answer, bodies[at]))).toBe(true)
    }),
  )
  it(
    '[MBX-1] carries the largest bodies both ways at once, and an empty one',
    withWorld(async (world, join) => {
      const holder = await world.createHolder(echo)
      const caller = await join()
      const bodies = Array.from({ length: 12 }, (_, seed) => bodyOf(seed, MAILBOX_BODY_BYTES_MAX))
      const answers = await Promise.all(bodies.map((body) => caller.ask(holder.address, body)))
      expect(answers.every((answer, at) => isEqual(answer, bodies[at]))).toBe(true)
      expect(await caller.ask(holder.address, new Uint8Array(0))).toHaveLength(0)
    }),
  )
  it(
    '[MBX-1] asks several holders at a time',
    withWorld(async (world, join) => {
      const holders = await Promise.all(
        [1, 2, 3].map((number) => world.createHolder(async () => Uint8Array.of(number))),
      )
      const caller = await join()
      const answers = await Promise.all(
        holders.flatMap(({ address }) => Array.from({ length: 20 }, () => caller.ask(address, Uint8Array.of(0)))),
      )
      expect(answers.map(([number]) => number)).toEqual([1, 2, 3].flatMap((number) => Array(20).fill(number)))
    }),
  )
}

function aborted(reason: Error): AbortSignal {
  const controller = new AbortController()
  controller.abort(reason)
  return controller.signal
}

const isEqual = (a: Uint8Array, b: Uint8Array | undefined): boolean =>
  b !== undefined && a.length === b.length && a.every((byte, at) => byte === b[at])

function failureRules(withWorld: WithWorld): void {
  it(
    '[MBX-2] lets a caller give up a request that is not answered, and goes on answering others',
    withWorld(async (world, join) => {
      const { server, held } = echoUnlessHeld()
      const holder = await world.createHolder(server)
      const caller = await join()
      const controller = new AbortController()
      const reason = new Error('no longer wanted')
      const stuck = caller.network.mailbox.request(holder.address, Uint8Array.of(0xff), controller.signal)
      await held
      expect([...(await caller.ask(holder.address, Uint8Array.of(1)))]).toEqual([1])
      controller.abort(reason)
      await expect(stuck).rejects.toBe(reason)
      expect([...(await caller.ask(holder.address, Uint8Array.of(2)))]).toEqual([2])
      await expect(caller.network.mailbox.request(holder.address, Uint8Array.of(3), aborted(reason))).rejects.toBe(
        reason,
      )
    }),
  )
  it(
    '[MBX-1] fails what is not answered when the holder goes away, and asks it again when it is back',
    withWorld(async (world, join) => {
      const { server, held } = echoUnlessHeld()
      const holder = await world.createHolder(server)
      const caller = await join()
      const stuck = caller.ask(holder.address, Uint8Array.of(0xff))
      const failed = expect(stuck).rejects.toMatchObject(GONE)
      await held
      await holder.stop()
      await failed
      await expect(caller.ask(holder.address, Uint8Array.of(1))).rejects.toMatchObject(GONE)
      await holder.restart()
      expect([...(await caller.ask(holder.address, Uint8Array.of(2)))]).toEqual([2])
    }),
  )
  it(
    '[MBX-1] fails when the holder ends the stream, and opens another for the next request',
    withWorld(async (world, join) => {
      const holder = await world.createHolder(async (_from, request) =>
        request[0] === 0 ? undefined : request.slice(),
      )
      const caller = await join()
      await expect(caller.ask(holder.address, Uint8Array.of(0))).rejects.toMatchObject(GONE)
      expect([...(await caller.ask(holder.address, Uint8Array.of(1)))]).toEqual([1])
    }),
  )
  it(
    '[MBX-3] asks nobody but the peer that the address names',
    withWorld(async (world, join) => {
      const asked: string[] = []
      const holder = await world.createHolder(async (from) => {
        asked.push(from)
        return Uint8Array.of(1)
      })
      const [caller, other] = [await join(), await join()]
      const wrong = holder.address.replace(holder.peerId, other.id).replace(/\/p2p\/[^/]+$/, `/p2p/${other.id}`)
      const elsewhere = holder.address.replace(/\/p2p\/[^/]+$/, `/p2p/${other.id}`)
      await expect(caller.ask(elsewhere, Uint8Array.of(1))).rejects.toMatchObject(UNREACHABLE)
      await expect(caller.ask(wrong, Uint8Array.of(1))).rejects.toMatchObject(UNREACHABLE)
      expect(asked).toEqual([])
    }),
  )
  it(
    '[MBX-3] reports a peer that has no mailbox as not worth another try, like what is no address',
    withWorld(async (_world, join) => {
      const [caller, device] = [await join(), await join()]
      const [address = ''] = device.network.addresses()
      await expect(caller.ask(address, Uint8Array.of(1))).rejects.toMatchObject(USELESS)
      const [own = ''] = caller.network.addresses()
      await expect(caller.ask(own, Uint8Array.of(1))).rejects.toMatchObject(USELESS)
      for (const nonsense of ['', 'nonsense', '/ip4/127.0.0.1/tcp/1', `/p2p/${device.id}`, '/p2p/']) {
        await expect(caller.ask(nonsense, Uint8Array.of(1))).rejects.toMatchObject(USELESS)
      }
    }),
  )
  it(
    '[MBX-1] fails everything when the network stops',
    withWorld(async (world, join) => {
      const { server, held } = echoUnlessHeld()
      const holder = await world.createHolder(server)
      const caller = await join([holder.address])
      const stuck = caller.ask(holder.address, Uint8Array.of(0xff))
      const failed = expect(stuck).rejects.toMatchObject(UNREACHABLE)
      await held
      await caller.network.stop()
      await failed
      await expect(caller.ask(holder.address, Uint8Array.of(1))).rejects.toMatchObject(USELESS)
      expect(caller.network.mailbox.pushNodes()).toEqual([])
      caller.network.mailbox.wake(1, hintOf(1))
      caller.network.mailbox.listen(new Set([1]))
      expect(await caller.network.mailbox.closest(new Uint8Array(32), never())).toEqual([])
    }),
  )
}

function nodeRules(withWorld: WithWorld): void {
  it(
    '[MBX-3] says which push nodes are connected, and when that changes',
    withWorld(async (world, join) => {
      const holders = [await world.createHolder(echo), await world.createHolder(echo)]
      const [first, second] = holders.map(({ address }) => address)
      const caller = await join([first ?? '', second ?? ''])
      const { mailbox } = caller.network
      await caller.until(() => mailbox.pushNodes().length === 2)
      expect(mailbox.pushNodes()).toEqual([first, second])
      const before = caller.pushNodeChanges
      expect(before).toBeGreaterThan(0)
      await holders[0]?.stop()
      await caller.until(() => mailbox.pushNodes().length === 1 && caller.pushNodeChanges > before)
      expect(mailbox.pushNodes()).toEqual([second])
      await holders[0]?.restart()
      await caller.until(() => mailbox.pushNodes().length === 2 && caller.pushNodeChanges > before + 1)
    }),
  )
  it(
    '[MBX-3] names the peers closest to a key, never itself, each at an address that answers',
    withWorld(async (world, join) => {
      const holders = []
      for (let count = 0; count < 3; count++) holders.push(await world.createHolder(echo))
      const caller = await join(holders.map(({ address }) => address))
      const { mailbox } = caller.network
      await caller.until(() => mailbox.pushNodes().length === holders.length)
      const closest = await mailbox.closest(bodyOf(1, 32), never())
      expect(closest.length).toBeLessThanOrEqual(POINTER_REPLICAS_MAX)
      expect(closest.map((address) => address.split('/').at(-1)).toSorted()).toEqual(
        holders.map(({ peerId }) => peerId).toSorted(),
      )
      for (const address of closest) expect([...(await caller.ask(address, Uint8Array.of(7)))]).toEqual([7])
      const reason = new Error('no longer wanted')
      await expect(mailbox.closest(bodyOf(2, 32), aborted(reason))).rejects.toBe(reason)
    }),
  )
  it(
    '[MBX-3] names nobody when nobody is there',
    withWorld(async (_world, join) => {
      const caller = await join()
      expect(await caller.network.mailbox.closest(bodyOf(1, 32), never())).toEqual([])
    }),
  )
}

/** Wakes until it is heard: streams of wake-ups are made a moment after a connection. */
async function warmUp(holder: TestHolder, callers: readonly Caller[]): Promise<void> {
  for (const caller of callers) {
    await caller.until(() => caller.network.mailbox.pushNodes().length > 0)
    caller.network.mailbox.listen(new Set([0]))
  }
  for (const caller of callers) {
    const others = callers.filter((other) => other !== caller)
    const text = wakeText(0, hintOf(callers.indexOf(caller)))
    while (!others.every(({ heard }) => heard.includes(text))) {
      caller.network.mailbox.wake(0, hintOf(callers.indexOf(caller)))
      await macrotask()
    }
  }
  for (const caller of callers) await caller.ask(holder.address, Uint8Array.of(0))
}

/** What was heard after the warm-up. */
const heardBy = (caller: Caller): readonly string[] => caller.heard.filter((text) => !text.startsWith('0:'))

function wakeRules(withWorld: WithWorld): void {
  it(
    '[MBX-5] is heard by those who listen to its topic, at once, and by nobody else',
    withWorld(async (world, join) => {
      const holder = await world.createHolder(echo)
      const callers = [await join([holder.address]), await join([holder.address]), await join([holder.address])]
      await warmUp(holder, callers)
      const [alice, bob, carol] = callers
      if (alice === undefined || bob === undefined || carol === undefined) throw new Error('three callers')
      bob.network.mailbox.listen(new Set([7, 255]))
      carol.network.mailbox.listen(new Set([8]))
      for (const caller of [bob, carol]) await caller.ask(holder.address, Uint8Array.of(1))
      alice.network.mailbox.wake(7, hintOf(1, 2))
      alice.network.mailbox.wake(255, hintOf(2, 64))
      alice.network.mailbox.wake(8, hintOf(3))
      await Promise.all([bob.until(() => heardBy(bob).length === 2), carol.until(() => heardBy(carol).length === 1)])
      expect(heardBy(bob).toSorted()).toEqual([wakeText(255, hintOf(2, 64)), wakeText(7, hintOf(1, 2))])
      expect(heardBy(carol)).toEqual([wakeText(8, hintOf(3))])
      expect(heardBy(alice)).toEqual([])
    }),
  )
  it(
    '[MBX-5] hears the same hint as often as it is given, and what the topics of now say',
    withWorld(async (world, join) => {
      const holder = await world.createHolder(echo)
      const [alice, bob] = [await join([holder.address]), await join([holder.address])]
      await warmUp(holder, [alice, bob])
      const listen = async (...topics: readonly number[]): Promise<void> => {
        bob.network.mailbox.listen(new Set(topics))
        await bob.ask(holder.address, Uint8Array.of(1))
      }
      await listen(1)
      for (let round = 1; round <= 3; round++) {
        alice.network.mailbox.wake(1, hintOf(9))
        await bob.until(() => heardBy(bob).length === round)
      }
      await listen(2)
      alice.network.mailbox.wake(1, hintOf(10))
      alice.network.mailbox.wake(2, hintOf(11))
      await bob.until(() => heardBy(bob).length === 4)
      expect(heardBy(bob).at(-1)).toBe(wakeText(2, hintOf(11)))
    }),
  )
  it(
    '[MBX-5] refuses to send what is no hint',
    withWorld(async (world, join) => {
      const holder = await world.createHolder(echo)
      const { mailbox } = (await join([holder.address])).network
      expect(() => mailbox.wake(256, hintOf(1))).toThrow()
      expect(() => mailbox.wake(-1, hintOf(1))).toThrow()
      expect(() => mailbox.wake(1, new Uint8Array(0))).toThrow()
      expect(() => mailbox.wake(1, new Uint8Array(9))).toThrow()
      expect(() => mailbox.wake(1, hintOf(1, 65))).toThrow()
    }),
  )
}
