/** What every MailboxPort must do, run by each adapter's own test. Rules: docs/spec/52-mailbox.md, MBX-1…MBX-5. */
import { MAILBOX_BODY_BYTES_MAX, POINTER_REPLICAS_MAX } from '@parley/core'
import { describe, expect, it } from 'vitest'
import type { PortError } from '../port-error.ts'
import { bodyOf, echo, echoOutOfOrder, echoUnlessHeld, hintOf, joinMailbox } from './mailbox-fixture.ts'
import type { Caller, MailboxWorld, WithWorld } from './mailbox-fixture.ts'
import { wakeRules } from './mailbox-wakes.suite.ts'
import { never } from './network-fixture.ts'

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
      const failed = stuck.catch((error: unknown) => error)
      await held
      await holder.stop()
      expect(await failed).toMatchObject(GONE)
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
      const failed = stuck.catch((error: unknown) => error)
      await held
      await caller.network.stop()
      expect(await failed).toMatchObject(UNREACHABLE)
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
      expect(closest.map((address) => address.split('/').at(-1) ?? '').toSorted()).toEqual(
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
