/**
 * A thousand nodes: people with real engines who are online in shifts and never reach each other, a few push nodes of
 * which some lie, and a DHT whose servers come and go with what they hold. Whatever is said must arrive.
 */
import { differences } from './converge.ts'
import { createDice, type Dice } from './dice.ts'
import { careForAll } from './ending.ts'
import { NO_FAULTS } from './faults.ts'
import { Life } from './life.ts'
import { NO_MAILBOX_FAULTS, pickLie, type Lie, type MailboxFaults } from './mailbox-faults.ts'
import { brewNodes } from './node-storm.ts'
import type { Person } from './person.ts'
import { textOfFailure, type SeedReport } from './run-seed.ts'
import { brew, calm } from './storm.ts'
import { insist } from './story.ts'
import { Breach } from './watch.ts'
import { createWorld, type World } from './world.ts'

const SECOND_MS = 1_000
const HOUR_MS = 3_600 * SECOND_MS
const PEOPLE = 24
/** One lie each; everybody has three of them configured, one of which is honest. */
const PUSH_NODES: readonly (Lie | undefined)[] = [undefined, undefined, 'claims', 'delays', 'wrong-blocks', 'forgets']
const HONEST = 2
const DHT_NODES = 970
/** Share of DHT servers that lie, and share that leaves in an hour. */
const DHT_LIES = 0.05
const CHURN_PER_HOUR = 0.3
const SHIFT_MS = 5 * 60 * SECOND_MS
const ACTS_OF_SHIFT = 3
const STEP_MS = 5_000
/** Holders are challenged every hour; one that passes and gives nothing gets company after a day. */
const PATIENCE_MS = 75 * 60 * SECOND_MS
const DAYS_MAX = 2
const SKEW_MS_MAX = 120 * SECOND_MS

const FAULTS: MailboxFaults = {
  ...NO_MAILBOX_FAULTS,
  latencyMsMin: 20,
  latencyMsMax: 600,
  requestLoss: 0.05,
  answerLoss: 0.05,
  wakeLoss: 0.3,
  nodeKillEveryMs: 60_000,
  nodeRestartEveryMs: 60_000,
  nodePartitionEveryMs: 20_000,
  nodeLossEveryMs: 10 * 60_000,
}

export interface ThousandOptions {
  /** Shifts of five minutes each. */
  readonly shifts: number
  readonly isTracing?: boolean
}

/** Never rejects: what goes wrong is the report's `failure`. */
export async function runThousand(seed: number, { shifts, isTracing = false }: ThousandOptions): Promise<SeedReport> {
  const world = await createWorld({ seed, people: PEOPLE, pushNodes: PUSH_NODES, dhtNodes: DHT_NODES, isTracing })
  const dice = createDice(seed, 'thousand')
  let failure: string | undefined
  let convergenceMs = 0
  try {
    convergenceMs = await live(world, dice, shifts)
  } catch (error) {
    failure = textOfFailure(error)
  }
  const { timeline, events, watch, tally } = world
  const [virtualMs, digest, counts] = [timeline.nowMs, watch.digest(), tally.toRecord()]
  return { seed, failure, virtualMs, events, convergenceMs, digest, counts, trace: watch.lines }
}

async function live(world: World, dice: Dice, shifts: number): Promise<number> {
  const life = new Life(world, dice)
  for (const node of world.exchange.nodes) if (!node.isPushNode) node.setLie(pickLie(dice, DHT_LIES))
  for (const person of world.people) {
    const [honest, others] = [dice.between(0, HONEST - 1), world.exchange.pushNodes.slice(HONEST)]
    const first = dice.between(0, others.length - 1)
    const chosen = [world.exchange.pushNodes[honest], others[first], others[(first + 1) % others.length]]
    person.pushNodes = chosen.flatMap((node) => node?.address ?? [])
    person.wall.skewMs = dice.between(-SKEW_MS_MAX, SKEW_MS_MAX)
  }
  await meet(world, life)
  const endMs = world.timeline.nowMs + shifts * SHIFT_MS
  churn(world, dice, endMs)
  for (let shift = 0; shift < shifts; shift++) await work(world, life, dice, shift)
  calm(world, NO_FAULTS)
  world.mailboxFaults = { ...NO_MAILBOX_FAULTS, latencyMsMin: 20, latencyMsMax: 300 }
  const convergenceMs = await converge(world, life)
  await world.stop()
  return convergenceMs
}

/** Neighbours, and every other one with the next but one: a conversation for each of 24 people and more. */
async function meet(world: World, life: Life): Promise<void> {
  for (const person of world.people) person.open()
  await world.run(3 * SECOND_MS)
  const pairs = world.people.flatMap((person, index): (readonly [Person, Person])[] => {
    const [next, third] = [world.people[index + 1], world.people[index + 3]]
    if (index % 2 > 0 || next === undefined) return []
    return third === undefined || index % 4 > 0
      ? [[person, next]]
      : [
          [person, next],
          [person, third],
        ]
  })
  for (const [host, guest] of pairs) {
    const { link } = await insist(world, () => host.do('invites.create', {}))
    await insist(world, () => guest.do('contacts.add', { link, text: life.greeting() }))
    world.tally.count('conversation')
  }
  for (let second = 0; second < 10; second++) {
    await world.run(SECOND_MS)
    for (const person of world.people) await life.answerRequests(person)
  }
  world.board.setApart()
}

/** Servers of the DHT leave with what they hold, and others join who know nothing. */
function churn(world: World, dice: Dice, endMs: number): void {
  const meanMs = HOUR_MS / (CHURN_PER_HOUR * DHT_NODES)
  let joined = 0
  const leave = (): void => {
    if (world.timeline.nowMs >= endMs) return
    world.exchange.remove(dice.pick(world.exchange.nodes.filter(({ isPushNode }) => !isPushNode)))
    world.tally.count('node left and another joined')
    const lie = pickLie(dice, DHT_LIES)
    world.background(world.addNode(`late-${joined++}`, false).then((node) => node.setLie(lie)))
    world.after(dice.waitMs(meanMs), leave)
  }
  world.after(dice.waitMs(meanMs), leave)
}

/** Even people and odd people take turns: who talk to each other are never there at once. */
async function work(world: World, life: Life, dice: Dice, shift: number): Promise<void> {
  const here = world.people.filter((_, index) => index % 2 === shift % 2)
  for (const person of world.people) if (!here.includes(person)) await world.sendAway(person)
  for (const person of here) world.comeBack(person)
  brew(world, dice, { durationMs: SHIFT_MS, faults: { ...NO_FAULTS, crashEveryMs: 90_000 }, isLate: true })
  brewNodes(world, dice, FAULTS, SHIFT_MS)
  for (const person of here) {
    for (let act = 0; act < ACTS_OF_SHIFT; act++) {
      const atMs = dice.between(0, SHIFT_MS - 30 * SECOND_MS)
      world.after(atMs, () => world.background(act === 0 ? writeToAll(life, person) : life.act(person)))
    }
  }
  await world.run(SHIFT_MS)
}

async function writeToAll(life: Life, person: Person): Promise<void> {
  for (const { id, status } of (await person.do('conversations.list', {})) ?? []) {
    if (status === 'active') await life.write(person, id)
  }
}

/** Everybody is there, and still nobody reaches anybody. */
async function converge(world: World, life: Life): Promise<number> {
  const startMs = world.timeline.nowMs
  for (let day = 0; day <= DAYS_MAX; day++) {
    if (day > 0) await sleepADay(world)
    for (const person of world.people) world.comeBack(person)
    for (let passedMs = 0; passedMs < PATIENCE_MS; passedMs += STEP_MS) {
      if (passedMs % (12 * STEP_MS) === 0) await careForAll(world, life, true)
      const found = await differences(world, life)
      if (found.length === 0) return world.timeline.nowMs - startMs
      await world.run(STEP_MS)
    }
  }
  const all = await differences(world, life, true)
  throw new Breach(`no convergence after ${DAYS_MAX} days:\n${all.join('\n')}`)
}

/** Nobody is there, and nothing strikes. */
async function sleepADay(world: World): Promise<void> {
  world.tally.count('a day of healing')
  for (const person of world.people) await world.sendAway(person)
  await world.run(24 * HOUR_MS)
}

/** One line of numbers. */
export function summaryOf({ counts, convergenceMs, virtualMs, events }: SeedReport): string {
  const of = (name: string): number => counts[name] ?? 0
  const requests = Object.entries(counts).reduce((sum, [name, n]) => sum + (name.startsWith('request: ') ? n : 0), 0)
  const blocks = ['content', 'commit', 'acknowledgement', 'status'].map((kind) => `${kind} ${of(`left: ${kind}`)}`)
  return [
    `converged in ${Math.round(convergenceMs / SECOND_MS)} s (virtual) after ${Math.round((virtualMs - convergenceMs) / SECOND_MS)} s`,
    `${of('conversation')} conversations, ${of('message written')} messages, blocks left: ${blocks.join(', ')}`,
    `left elsewhere ${of('left elsewhere')}, deposits tried again ${of('log: nobody took what waits')}, pointers renewed ${of('pointer renewed')}`,
    `${of('node left and another joined')} nodes left, ${of('push node killed')} kills, ${of('crash')} crashes, ${requests} requests, ${events} events`,
  ].join(' · ')
}
