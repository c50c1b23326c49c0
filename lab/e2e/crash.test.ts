import { randomInt } from 'node:crypto'
import type { Message } from '@parley/engine/api'
import { expect, test } from 'vitest'
import { textOf } from './support/api.ts'
import type { Daemon } from './support/daemon.ts'
import { Stage } from './support/stage.ts'
import { until } from './support/until.ts'

const MESSAGES = 300
const AT_ONCE = 40
const SETTLE_MS = 30_000

test('kill -9 of the sender in mid-send loses nothing, doubles nothing and keeps the order', async () => {
  await using stage = new Stage()
  const { alice, bob, conversation } = await stage.friends()
  for (const round of ['first', 'second', 'third']) {
    const promised = await sendUntil(alice, conversation, round, () => alice.kill9())
    await alice.start()
    await assertSame([alice, bob], conversation, promised)
  }
})

test('kill -9 of the receiver in mid-send loses nothing, doubles nothing and keeps the order', async () => {
  await using stage = new Stage()
  const { alice, bob, conversation } = await stage.friends()
  for (const round of ['first', 'second', 'third']) {
    const back = Promise.withResolvers<void>()
    const promised = await sendUntil(alice, conversation, round, async () => {
      await bob.kill9()
      bob.start().then(back.resolve, back.reject)
    })
    await back.promise
    expect(promised, 'the sender is not disturbed').toHaveLength(MESSAGES)
    await assertSame([alice, bob], conversation, promised)
  }
})

test('kill -9 of both while both write loses nothing, doubles nothing and keeps the order', async () => {
  await using stage = new Stage()
  const { alice, bob, conversation } = await stage.friends()
  for (const round of ['first', 'second']) {
    const promised = await Promise.all(
      [alice, bob].map((daemon) => sendUntil(daemon, conversation, `${round} of ${daemon.name}`, () => daemon.kill9())),
    )
    await Promise.all([alice.start(), bob.start()])
    await assertSame([alice, bob], conversation, promised.flat())
  }
})

/**
 * Sends MESSAGES messages as fast as the API takes them, and runs `strike` when a random number of them was answered.
 * @returns the ids of all that were answered: the node has promised to deliver them.
 */
async function sendUntil(
  daemon: Daemon,
  conversation: string,
  round: string,
  strike: () => Promise<void>,
): Promise<readonly string[]> {
  const { api } = daemon
  const strikesAt = randomInt(1, MESSAGES - AT_ONCE)
  process.stdout.write(`${daemon.name}, ${round}: strike after ${strikesAt} of ${MESSAGES}\n`)
  const promised: string[] = []
  let next = 0
  let struck: Promise<void> | undefined
  const worker = async (): Promise<void> => {
    while (next < MESSAGES) {
      const number = next++
      // A call that is not answered was not promised; it may have been carried out all the same.
      const message = await api.send(conversation, `${round} ${number}`).catch(() => undefined)
      if (message === undefined) return
      promised.push(message.id)
      if (promised.length === strikesAt) struck = strike()
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  if (struck === undefined) throw new Error(`only ${promised.length} messages were taken`)
  await struck
  return promised
}

/** Waits until nothing is on its way; then both must hold the same, with every promised message in it once. */
async function assertSame(daemons: readonly [Daemon, Daemon], conversation: string, promised: readonly string[]) {
  const startedAt = performance.now()
  const histories = await until(
    'both hold the same',
    async () => {
      for (const { api } of daemons) if ((await api.call('network.get', {})).waitingMessages > 0) return undefined
      const [one, other] = await Promise.all(daemons.map(({ api }) => api.history(conversation)))
      if (one === undefined || other === undefined || one.length !== other.length) return undefined
      return isDelivered(one) && isDelivered(other) ? { one, other } : undefined
    },
    SETTLE_MS,
  )
  const { one, other } = histories
  process.stdout.write(`settled ${Math.round(performance.now() - startedAt)} ms after the restart\n`)
  const ids = one.map(({ id }) => id)
  expect(
    other.map(({ id }) => id),
    'the same order',
  ).toEqual(ids)
  expect(other.map(textOf)).toEqual(one.map(textOf))
  expect(new Set(ids).size, 'nothing twice').toBe(ids.length)
  expect(new Set(one.map(textOf)).size, 'nothing twice under another id').toBe(ids.length)
  const present = new Set(ids)
  expect(
    promised.filter((id) => !present.has(id)),
    'nothing lost',
  ).toEqual([])
  expect(one.some(({ hasGapBefore }) => hasGapBefore)).toBe(false)
}

const isDelivered = (messages: readonly Message[]): boolean =>
  messages.every(({ state }) => state === 'delivered' || state === 'read')
