/** Wake-ups, a part of the contract of a MailboxPort. Rules: docs/spec/52-mailbox.md, MBX-5. */
import { expect, it } from 'vitest'
import { echo, hintOf, macrotask, wakeText } from './mailbox-fixture.ts'
import type { Caller, TestHolder, WithWorld } from './mailbox-fixture.ts'

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

export function wakeRules(withWorld: WithWorld): void {
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
