/**
 * One offline delivery, told again and again with a kill at every step of it: of its author, of its reader, of the push
 * node. A step is a commit of any of them, or a request or an answer that leaves or arrives. Spec: OFF-15, HLD-7.
 */
import { differences, leftovers } from './converge.ts'
import { createDice } from './dice.ts'
import { Life } from './life.ts'
import type { Person } from './person.ts'
import { insist } from './story.ts'
import { Breach, MARKER } from './watch.ts'
import { createWorld, type World } from './world.ts'

export const VICTIMS = ['Alice', 'Bob', 'push-0'] as const
export type Victim = (typeof VICTIMS)[number]

export interface Kill {
  /** Number of the step at which the process dies; the first is 1. */
  readonly step: number
  readonly victim: Victim
  /** At a commit of the victim itself: it dies just after it is durable, not just before. */
  readonly isDurable: boolean
}

export interface Told {
  readonly failure: string | undefined
  /** Who did what at each step of the delivery. */
  readonly steps: readonly { readonly who: string; readonly what: string }[]
  readonly kills: number
}

const PHASE_MS_MAX = 120_000
const LOOK_MS = 500
const MESSAGES = 2
/** A killed process is opened again by somebody within this, or the next phase opens it. */
const ROUNDS_MAX = 6

/** Tells of one delivery. Never rejects for a broken law. */
export async function tellWithKills(
  kills: readonly Kill[],
  isTracing = false,
): Promise<Told & { trace: readonly string[] }> {
  const world = await createWorld({ seed: 1, people: 2, pushNodes: [undefined], isTracing })
  const steps: { who: string; what: string }[] = []
  let failure: string | undefined
  try {
    await deliver(world, steps, kills)
  } catch (error) {
    if (!(error instanceof Breach)) throw error
    failure = error.message
  }
  const died = world.tally.of('crash') + world.tally.of('crash while opening') + world.tally.of('push node killed')
  return { failure, steps, kills: died, trace: world.watch.lines }
}

async function deliver(world: World, steps: { who: string; what: string }[], kills: readonly Kill[]): Promise<void> {
  const [alice, bob] = world.people
  if (alice === undefined || bob === undefined) throw new Breach('a delivery needs two')
  const life = new Life(world, createDice(1, 'life'))
  const conversation = await befriend(world, life, alice, bob)
  await world.sendAway(bob)
  world.onStep = (who, what) => {
    steps.push({ who, what })
    for (const kill of kills) if (kill.step === steps.length) strike(world, kill, { who, what })
  }
  for (let count = 0; count < MESSAGES; count++) {
    await insist(world, () => alice.do('messages.send', { conversation, text: life.text() }))
  }
  // Never both at once, whoever dies when.
  for (let round = 0; round < ROUNDS_MAX; round++) {
    await phase(world, alice, () => isAtRest(alice))
    await phase(world, bob, () => isAtRest(bob) && hasAll(bob))
    await phase(world, alice, () => leftovers(alice, true).length === 0)
    if (world.people.every((person) => leftovers(person, true).length === 0) && hasAll(bob)) break
  }
  world.onStep = () => undefined
  await finish(world, life)
}

/** Two who meet, and from then on never reach each other. @returns the conversation. */
export async function befriend(world: World, life: Life, alice: Person, bob: Person): Promise<string> {
  for (const person of world.people) person.open()
  await world.run(1_000)
  const { link } = await insist(world, () => alice.do('invites.create', {}))
  const { id } = await insist(world, () => bob.do('contacts.add', { link }))
  await world.run(1_000)
  await life.answerRequests(alice)
  await world.run(5_000)
  world.board.setApart()
  return id
}

function strike(world: World, { victim, isDurable }: Kill, { who, what }: { who: string; what: string }): void {
  const person = world.people.find(({ name }) => name === victim)
  const node = world.exchange.nodes.find(({ name }) => name === victim)
  const disk = person?.disk ?? node?.disk
  if (who === victim && what.startsWith('commit') && disk !== undefined) {
    // The store lets it die at this very commit, before or after.
    disk.commitsUntilCrash = 1
    disk.crashesAfterCommit = isDurable
  } else if (person !== undefined) person.crash()
  else if (node?.isUp === true) node.kill(isDurable)
}

/** Only `person` is there, until `isOver` and a little longer, or for PHASE_MS_MAX. */
export async function phase(world: World, person: Person, isOver: () => boolean): Promise<void> {
  for (const other of world.people) if (other !== person) await world.sendAway(other)
  world.comeBack(person)
  await world.run(4_500)
  for (let passedMs = 0; passedMs < PHASE_MS_MAX && !isOver(); passedMs += LOOK_MS) await world.run(LOOK_MS)
  await world.run(LOOK_MS)
}

/** Everything of its own is left with others, or answered. */
const isAtRest = (person: Person): boolean =>
  Number(person.disk.all('SELECT count(*) AS n FROM outbox WHERE deposit IS NULL')[0]?.['n']) === 0

const hasAll = (person: Person): boolean =>
  Number(person.disk.all("SELECT count(*) AS n FROM entries WHERE kind = 'text'")[0]?.['n']) >= MESSAGES

async function finish(world: World, life: Life): Promise<void> {
  const early = world.people.flatMap((person) => leftovers(person, true))
  if (early.length > 0) throw new Breach(`it did not arrive by turns:\n${early.join('\n')}`)
  for (const person of world.people) world.comeBack(person)
  await world.run(5_000)
  const found = [...(await differences(world, life, true))]
  for (const person of world.people) {
    for (const { id } of (await person.do('conversations.list', {})) ?? []) {
      const page = await life.look(person, id)
      // Who does not know whether the first attempt was kept writes once more.
      if (page.length < MESSAGES) found.push(`${person.name} sees ${page.length} messages`)
    }
  }
  if (found.length > 0) throw new Breach(found.join('\n'))
  await world.stop()
  for (const person of world.people) {
    if (person.disk.contents().some((bytes) => bytes.includes(MARKER))) throw new Breach('plaintext on a disk')
  }
}
