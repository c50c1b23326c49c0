/** One seed in which people are online by turns, so that most of what they say goes by way of push nodes. */
import { differences, leftovers } from './converge.ts'
import { createDice, type Dice } from './dice.ts'
import { careForAll } from './ending.ts'
import { faultsOf, NO_FAULTS, type Faults } from './faults.ts'
import { blocksHeld } from './left.ts'
import { Life } from './life.ts'
import { liesOf, mailboxFaultsOf, NO_MAILBOX_FAULTS, type MailboxFaults } from './mailbox-faults.ts'
import { brewNodes } from './node-storm.ts'
import type { Person } from './person.ts'
import { brew, calm } from './storm.ts'
import { insist } from './story.ts'
import { Breach, MARKER } from './watch.ts'
import { createWorld, type World } from './world.ts'

const SECOND_MS = 1_000
const DAY_MS = 24 * 3_600 * SECOND_MS
/** Everything that anybody holds is over after this. */
const EXPIRY_MS = 31 * DAY_MS
const STEP_MS = 1_000
const RETRY_EVERY_MS = 5_000
/** Holders are challenged every hour; what was answered and not heard is answered again when a day has passed. */
const PATIENCE_MS = 2 * 3_600 * SECOND_MS
const DAYS_MAX = 2
/** One person's turn when all others are away; an upkeep is due after 30 to 38 seconds. */
const TURN_MS = 75_000
/** Turns of everybody, and after how many of them a day passes. */
const ROUNDS_MAX = 24
const ROUNDS_OF_DAY = 8

export interface OfflineOptions {
  readonly isTracing?: boolean
}

/** The plan of a seed: everything that is decided before it begins. */
interface Plan {
  /** No two devices ever reach each other. */
  readonly isApart: boolean
  /** They met before: first contact is not by way of push nodes. */
  readonly isMetFirst: boolean
  readonly endsByTurns: boolean
  readonly faults: Faults
  readonly mailboxFaults: MailboxFaults
}

export interface OfflineWorld {
  readonly world: World
  /** Resolves with the time from the end of all faults until all was well. @throws Breach when a law is broken. */
  live(): Promise<number>
}

export async function createOfflineWorld(seed: number, { isTracing = false }: OfflineOptions): Promise<OfflineWorld> {
  const dice = createDice(seed, 'offline')
  const pushNodes = liesOf(seed, dice.pick([1, 2, 3, 3, 3, 4]))
  const world = await createWorld({
    seed,
    people: dice.pick([2, 2, 2, 3, 3, 4]),
    pushNodes,
    dhtNodes: dice.pick([0, 0, 8, 16]),
    isTracing,
  })
  const isApart = dice.chance(0.7)
  const plan: Plan = {
    isApart,
    isMetFirst: dice.chance(0.5),
    endsByTurns: isApart && dice.chance(0.5),
    // Without links their faults are of no use, and those of devices come from another draw.
    faults: dice.chance(0.7) ? { ...faultsOf(seed), amnesiaEveryMs: 0 } : NO_FAULTS,
    mailboxFaults: dice.chance(0.8) ? mailboxFaultsOf(seed) : NO_MAILBOX_FAULTS,
  }
  return { world, live: () => live(world, dice, plan) }
}

async function live(world: World, dice: Dice, plan: Plan): Promise<number> {
  const life = new Life(world, dice)
  for (const person of world.people) person.movesOnRestart = plan.faults.movesOnRestart
  const isPlain = plan.faults === NO_FAULTS && plan.mailboxFaults === NO_MAILBOX_FAULTS
  await meet(world, life, dice, plan)
  for (let turn = dice.between(3, 7); turn > 0; turn--) await takeTurn(world, life, dice, plan)
  calm(world, NO_FAULTS)
  world.mailboxFaults = NO_MAILBOX_FAULTS
  const convergenceMs = plan.endsByTurns ? await convergeByTurns(world, life) : await convergeTogether(world, life)
  await lastWords(world, life)
  await nothingIsLeft(world, isPlain && world.exchange.nodes.every(({ lie }) => lie === undefined))
  return convergenceMs
}

async function meet(world: World, life: Life, dice: Dice, { isApart, isMetFirst }: Plan): Promise<void> {
  for (const person of world.people) person.open()
  await world.run(2_000)
  if (isApart && !isMetFirst) world.board.setApart()
  for (const [index, a] of world.people.entries()) {
    for (const b of world.people.slice(index + 1)) {
      if (index + b.name.length > 0 && world.people[0] !== a && dice.chance(0.4)) continue
      if (isMetFirst) life.meet(a, b, dice.pick(['invite', 'invite', 'mutual']), dice.between(0, 500))
      else await meetByTurns(world, life, dice, a, b)
    }
  }
  if (!isMetFirst) return
  for (let second = 0; second < 8; second++) {
    await world.run(SECOND_MS)
    for (const person of world.people) await life.answerRequests(person)
  }
  if (isApart) world.board.setApart()
}

/** `host` makes an invite and leaves; `guest` follows it and leaves. The rest happens whenever they come. */
async function meetByTurns(world: World, life: Life, dice: Dice, host: Person, guest: Person): Promise<void> {
  await onlyThese(world, [host])
  const { link } = await insist(world, () => host.do('invites.create', {}))
  await world.run(dice.between(2, 10) * SECOND_MS)
  await onlyThese(world, [guest])
  await insist(world, () => guest.do('contacts.add', { link, text: life.greeting() }))
  await world.run(dice.between(5, 30) * SECOND_MS)
}

/** Everybody else is away. */
async function onlyThese(world: World, people: readonly Person[]): Promise<void> {
  for (const person of world.people) if (!people.includes(person)) await world.sendAway(person)
  for (const person of people) world.comeBack(person)
  await world.run(500)
}

async function takeTurn(world: World, life: Life, dice: Dice, plan: Plan): Promise<void> {
  const here = world.people.filter(() => dice.chance(0.4))
  const people = here.length > 0 ? here : [dice.pick(world.people)]
  await onlyThese(world, people)
  const durationMs = dice.between(15, 90) * SECOND_MS
  world.tally.count(`turn of ${people.length}`)
  // Clocks that are off by days make certificates of strangers invalid.
  brew(world, dice, { durationMs, faults: plan.faults, isLate: plan.isMetFirst })
  brewNodes(world, dice, plan.mailboxFaults, durationMs)
  life.lookAtRequests(durationMs)
  for (let count = dice.between(2, 10); count > 0; count--) {
    const person = dice.pick(people)
    world.after(dice.between(0, durationMs - 1), () => world.background(life.act(person)))
  }
  await world.run(durationMs)
  if (dice.chance(0.2)) await passTime(world, dice)
}

/** Everybody is away for hours or days. */
async function passTime(world: World, dice: Dice): Promise<void> {
  await onlyThese(world, [])
  await world.run(dice.pick([1, 5, 26, 70]) * 3_600 * SECOND_MS)
}

/** Everybody is there, and where they are apart all goes by way of push nodes. */
async function convergeTogether(world: World, life: Life): Promise<number> {
  const startMs = world.timeline.nowMs
  for (const person of world.people) world.comeBack(person)
  return until(world, life, startMs)
}

async function until(world: World, life: Life, startMs: number): Promise<number> {
  for (let day = 0; day <= DAYS_MAX; day++) {
    const sinceMs = world.timeline.nowMs
    if (day > 0) await sleepADay(world)
    while (world.timeline.nowMs - sinceMs < PATIENCE_MS + (day > 0 ? DAY_MS : 0)) {
      await careForAll(world, life, (world.timeline.nowMs - sinceMs) % RETRY_EVERY_MS === 0)
      const found = await differences(world, life)
      if (found.length === 0) return world.timeline.nowMs - startMs
      await world.run(STEP_MS)
    }
  }
  const all = await differences(world, life, true)
  throw new Breach(`no convergence after ${DAYS_MAX} days:\n${all.join('\n')}`)
}

/** A day in which nobody is there. */
async function sleepADay(world: World): Promise<void> {
  world.tally.count('a day of healing')
  const people = world.people.filter(({ isAway }) => !isAway)
  await onlyThese(world, [])
  await world.run(DAY_MS)
  await onlyThese(world, people)
}

async function turnOf(world: World, life: Life, person: Person): Promise<void> {
  await onlyThese(world, [person])
  for (let passedMs = 0; passedMs < TURN_MS; passedMs += RETRY_EVERY_MS) {
    await careForAll(world, life, true)
    await world.run(RETRY_EVERY_MS)
  }
}

/** One after the other, and never two of them at once. */
async function convergeByTurns(world: World, life: Life): Promise<number> {
  const startMs = world.timeline.nowMs
  for (let round = 1; round <= ROUNDS_MAX; round++) {
    for (const person of world.people) await turnOf(world, life, person)
    if (round % ROUNDS_OF_DAY === 0) await sleepADay(world)
    if (world.people.some((each) => leftovers(each, true).length > 0)) continue
    await onlyThese(world, world.people)
    await careForAll(world, life, true)
    const found = await differences(world, life, true)
    if (found.length === 0) return world.timeline.nowMs - startMs
  }
  await onlyThese(world, world.people)
  const found = await differences(world, life, true)
  throw new Breach(`no convergence after ${ROUNDS_MAX} rounds of turns:\n${found.join('\n')}`)
}

/** Everybody says one more thing to everybody: it must arrive too. */
async function lastWords(world: World, life: Life): Promise<void> {
  for (const person of world.people) {
    for (const { id, status } of (await person.do('conversations.list', {})) ?? []) {
      if (status === 'active') world.background(life.write(person, id))
    }
  }
  await world.settle()
  await until(world, life, world.timeline.nowMs)
}

/**
 * Nothing is kept that anybody could still need, and after a month nothing at all; no plaintext is on any disk.
 * `isTidy`: no request was lost and nobody died, so that everything that was not needed could be taken back.
 */
async function nothingIsLeft(world: World, isTidy: boolean): Promise<void> {
  await world.run(10 * SECOND_MS)
  const left = await differences(world, new Life(world, createDice(world.seed, 'end')))
  if (left.length > 0) throw new Breach(`it does not stay so:\n${left.join('\n')}`)
  if (isTidy) {
    for (const node of world.exchange.pushNodes) {
      for (const digest of blocksHeld(node)) {
        const kind = world.left.kindOf(digest)
        if (!['acknowledgement', 'status', 'invite'].includes(kind))
          throw new Breach(`${node.name} still has a ${kind}`)
      }
    }
    world.tally.count('tidy end')
  }
  await world.stop()
  for (const node of world.exchange.nodes) if (node.isUp) node.stop()
  await world.run(EXPIRY_MS)
  for (const node of world.exchange.nodes) node.start()
  await world.run(60 * SECOND_MS)
  for (const node of world.exchange.nodes) {
    const rows = node.disk?.all('SELECT (SELECT count(*) FROM held_blocks) + (SELECT count(*) FROM held_pointers) AS n')
    if (Number(rows?.[0]?.['n'] ?? 0) > 0) throw new Breach(`${node.name} keeps what is over`)
    for (const bytes of node.disk?.contents() ?? []) world.watch.record(bytes)
    node.stop()
  }
  for (const person of world.people) {
    for (const bytes of person.disk.contents()) {
      if (bytes.includes(MARKER)) throw new Breach(`${person.name} keeps plaintext on disk`)
    }
  }
}
