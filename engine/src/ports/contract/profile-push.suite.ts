/** What every ProfilePushPort must do, run by each adapter's own test. Rules: docs/spec/63-profile-push.md, PUB-1…PUB-3. */
import { PROFILE_BYTES_MAX, PROFILE_TOPICS } from '@parley/core'
import { describe, expect, it } from 'vitest'
import { bodyOf, echo, joinMailbox, macrotask } from './mailbox-fixture.ts'
import type { Caller, MailboxWorld, WithWorld } from './mailbox-fixture.ts'

/** Describes the contract for the adapter called `name`; `create` makes a fresh, empty world. */
export function profilePushContract(name: string, create: () => Promise<MailboxWorld>): void {
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
  describe(`${name} pushes profiles`, () => pushRules(withWorld))
}

/** Of the warm-up; nothing else is told there. */
const WARM_TOPIC = 0
/** Pushes at a time: less than what one peer may say at once. */
const WARM_ROUNDS_PER_LISTEN = 8

/** Pushes until everybody hears the first of them: streams are made a moment after a connection. */
async function warmUp(from: Caller, listeners: readonly Caller[], topics: readonly number[]): Promise<void> {
  await Promise.all([from, ...listeners].map((caller) => caller.until(() => isConnected(caller))))
  for (const { network } of listeners) network.profiles.listen(new Set([WARM_TOPIC, ...topics]))
  for (let round = 0; !listeners.every(isWarm); round++) {
    // a round each few milliseconds, so that the allowance lasts
    for (let pause = 0; pause < WARM_ROUNDS_PER_LISTEN * round; pause++) await macrotask()
    from.network.profiles.push(WARM_TOPIC, bodyOf(round, 64))
  }
}

const isConnected = ({ network }: Caller): boolean => network.mailbox.pushNodes().length > 0
const isWarm = ({ profiles }: Caller): boolean => profiles.some(({ topic }) => topic === WARM_TOPIC)

/** What was heard after the warm-up. */
const heardBy = ({ profiles }: Caller): readonly string[] =>
  profiles.filter(({ topic }) => topic !== WARM_TOPIC).map(({ topic, record }) => textOf(topic, record))

const textOf = (topic: number, record: Uint8Array): string => `${topic}:${record.length}:${record.join('')}`

function pushRules(withWorld: WithWorld): void {
  it(
    '[PUB-1] to those who listen to their topic, at once and whole, and to nobody else',
    withWorld(async (world, join) => {
      const holder = await world.createHolder(echo)
      const [alice, bob, carol] = [
        await join([holder.address]),
        await join([holder.address]),
        await join([holder.address]),
      ]
      await warmUp(alice, [bob, carol], [])
      bob.network.profiles.listen(new Set([WARM_TOPIC, 7, PROFILE_TOPICS - 1]))
      carol.network.profiles.listen(new Set([WARM_TOPIC, 8]))
      for (const caller of [bob, carol]) await caller.ask(holder.address, Uint8Array.of(1))
      const records = [bodyOf(1, 1), bodyOf(2, PROFILE_BYTES_MAX), bodyOf(3, 1_000)] as const
      alice.network.profiles.push(7, records[0])
      alice.network.profiles.push(PROFILE_TOPICS - 1, records[1])
      alice.network.profiles.push(8, records[2])
      await Promise.all([bob.until(() => heardBy(bob).length === 2), carol.until(() => heardBy(carol).length === 1)])
      expect(heardBy(bob).toSorted()).toEqual(
        [textOf(7, records[0]), textOf(PROFILE_TOPICS - 1, records[1])].toSorted(),
      )
      expect(heardBy(carol)).toEqual([textOf(8, records[2])])
      expect(heardBy(alice)).toEqual([])
    }),
  )
  it(
    '[PUB-1] in memory that belongs to each listener, and leaves what was pushed as it was',
    withWorld(async (world, join) => {
      const holder = await world.createHolder(echo)
      const [alice, bob, carol] = [
        await join([holder.address]),
        await join([holder.address]),
        await join([holder.address]),
      ]
      await warmUp(alice, [bob, carol], [3])
      const record = bodyOf(9, 500)
      alice.network.profiles.push(3, record)
      record.fill(0)
      await bob.until(() => heardBy(bob).length === 1)
      bob.profiles.at(-1)?.record.fill(1)
      await carol.until(() => heardBy(carol).length === 1)
      expect(heardBy(carol)).toEqual([textOf(3, bodyOf(9, 500))])
    }),
  )
  it(
    '[PUB-1] to those who listen now, and not to those who stopped',
    withWorld(async (world, join) => {
      const holder = await world.createHolder(echo)
      const [alice, bob] = [await join([holder.address]), await join([holder.address])]
      await warmUp(alice, [bob], [1])
      bob.network.profiles.listen(new Set([WARM_TOPIC, 2]))
      await bob.ask(holder.address, Uint8Array.of(1))
      alice.network.profiles.push(1, bodyOf(1, 20))
      alice.network.profiles.push(2, bodyOf(2, 20))
      await bob.until(() => heardBy(bob).length === 1)
      expect(heardBy(bob)).toEqual([textOf(2, bodyOf(2, 20))])
    }),
  )
  it(
    '[PUB-1] beside wake-ups, each on their own topics',
    withWorld(async (world, join) => {
      const holder = await world.createHolder(echo)
      const [alice, bob] = [await join([holder.address]), await join([holder.address])]
      await warmUp(alice, [bob], [5])
      bob.network.mailbox.listen(new Set([5]))
      await bob.ask(holder.address, Uint8Array.of(1))
      alice.network.mailbox.wake(5, new Uint8Array(8).fill(1))
      alice.network.profiles.push(5, bodyOf(1, 8))
      await bob.until(() => heardBy(bob).length === 1 && bob.heard.length === 1)
      expect([bob.heard, heardBy(bob)]).toEqual([['5:0101010101010101'], [textOf(5, bodyOf(1, 8))]])
    }),
  )
  it(
    '[PUB-2] refuses to send what is no record, on what is no topic',
    withWorld(async (world, join) => {
      const holder = await world.createHolder(echo)
      const { profiles } = (await join([holder.address])).network
      expect(() => profiles.push(PROFILE_TOPICS, bodyOf(1, 8))).toThrow()
      expect(() => profiles.push(-1, bodyOf(1, 8))).toThrow()
      expect(() => profiles.push(0.5, bodyOf(1, 8))).toThrow()
      expect(() => profiles.push(1, new Uint8Array(0))).toThrow()
      expect(() => profiles.push(1, new Uint8Array(PROFILE_BYTES_MAX + 1))).toThrow()
    }),
  )
  it(
    '[PUB-1] to nobody without a push node, and to nobody after the stop, without a sign',
    withWorld(async (world, join) => {
      const holder = await world.createHolder(echo)
      const [alone, alice, bob] = [await join(), await join([holder.address]), await join([holder.address])]
      alone.network.profiles.push(1, bodyOf(1, 8))
      await warmUp(alice, [bob], [1])
      await bob.network.stop()
      bob.network.profiles.listen(new Set([2]))
      bob.network.profiles.push(1, bodyOf(1, 8))
      alice.network.profiles.push(1, bodyOf(2, 8))
      await alice.ask(holder.address, Uint8Array.of(1))
      expect(heardBy(bob)).toEqual([])
    }),
  )
}
