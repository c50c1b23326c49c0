/** One seed from the first meeting to the last goodbye. */
import { converge, lastWords, readAll, restInPeace } from './ending.ts'
import { createDice, type Dice } from './dice.ts'
import { faultsOf, type Faults } from './faults.ts'
import { Life, type Meeting } from './life.ts'
import { brew, calm } from './storm.ts'
import { createWorld, type World } from './world.ts'

const HOUR_MS = 3_600_000

export interface SeedReport {
  readonly seed: number
  /** Undefined when everything held. */
  readonly failure: string | undefined
  readonly virtualMs: number
  readonly events: number
  /** From the end of all faults until everybody saw the same. */
  readonly convergenceMs: number
  /** Of everything sent and everything stored. */
  readonly digest: string
  readonly counts: Readonly<Record<string, number>>
  readonly trace: readonly string[]
}

/** Never rejects: what goes wrong is the report's `failure`. */
export async function runSeed(seed: number, options: { readonly isTracing?: boolean } = {}): Promise<SeedReport> {
  const dice = createDice(seed, 'life')
  const world = await createWorld({
    seed,
    people: dice.pick([2, 2, 2, 3, 3, 4]),
    isTracing: options.isTracing === true,
  })
  let failure: string | undefined
  let convergenceMs = 0
  try {
    convergenceMs = await live(world, dice, faultsOf(seed))
  } catch (error) {
    failure = textOfFailure(error)
  }
  return {
    seed,
    failure,
    virtualMs: world.timeline.nowMs,
    events: world.events,
    convergenceMs,
    digest: world.watch.digest(),
    counts: world.tally.toRecord(),
    trace: world.watch.lines,
  }
}

/** A breach says all in its message; of anything else the stack is needed. */
export function textOfFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.name === 'Breach' ? error.message : (error.stack ?? error.message)
}

async function live(world: World, dice: Dice, faults: Faults): Promise<number> {
  const life = new Life(world, dice)
  for (const person of world.people) {
    person.wall.skewMs = dice.between(-faults.clockSkewMsMax, faults.clockSkewMsMax)
    person.movesOnRestart = faults.movesOnRestart
    world.after(dice.between(0, 500), () => person.open())
  }
  await world.run(600)
  meetEachOther(world, life, dice)
  const bursts = dice.pick([1, 1, 2, 2, 3])
  for (let burst = 0; burst < bursts; burst++) {
    if (burst > 0) await passTime(world, dice)
    const durationMs = dice.between(6_000, 20_000)
    brew(world, dice, { durationMs, faults, isLate: burst > 0 })
    life.lookAtRequests(durationMs)
    if (burst > 0 && dice.chance(0.8)) everybodyWrites(world, life)
    scheduleActs(world, life, dice, durationMs)
    await world.run(durationMs)
    countForks(world)
  }
  calm(world, { ...faults, ...CALM })
  const convergenceMs = await converge(world, life)
  await lastWords(world, life)
  await readAll(world, life)
  await restInPeace(world)
  return convergenceMs
}

/** The faults of frames and dials, off. */
const CALM = {
  frameDrop: 0,
  frameDuplicate: 0,
  frameReorder: 0,
  frameMutate: 0,
  frameReplay: 0,
  dialFail: 0,
  dialHang: 0,
} as const

function meetEachOther(world: World, life: Life, dice: Dice): void {
  const kinds: readonly Meeting[] = [
    'invite',
    'invite',
    'invite',
    'invite',
    'mutual',
    'mutual',
    'declined-then-asked',
    'declined',
  ]
  for (const [index, a] of world.people.entries()) {
    for (const b of world.people.slice(index + 1)) {
      const isFirst = world.people[0] === a && world.people[1] === b
      if (!isFirst && dice.chance(0.4)) continue
      const kind = dice.pick(isFirst ? kinds.slice(0, -1) : kinds)
      if (dice.chance(0.5)) life.meet(a, b, kind, dice.between(0, 3_000))
      else life.meet(b, a, kind, dice.between(0, 3_000))
    }
  }
}

function scheduleActs(world: World, life: Life, dice: Dice, durationMs: number): void {
  for (let count = dice.between(8, 24); count > 0; count--) {
    const person = dice.pick(world.people)
    world.after(dice.between(0, durationMs - 1), () => world.background(life.act(person)))
  }
}

/** All at the same moment: after a day, everybody's first word comes with a self-update, and these fork the group. */
function everybodyWrites(world: World, life: Life): void {
  for (const person of world.people) {
    world.background(
      person.do('conversations.list', {}).then(async (conversations) => {
        for (const { id, status } of conversations ?? []) if (status === 'active') await life.write(person, id)
      }),
    )
  }
}

/** Hours or days in which nothing strikes: everybody there, one away, or all of them. */
async function passTime(world: World, dice: Dice): Promise<void> {
  calm(world, { ...world.faults, ...CALM })
  await world.run(1_000)
  const kind = dice.pick(['day', 'day', 'one-away', 'all-away'] as const)
  const away = kind === 'day' ? [] : kind === 'one-away' ? [dice.pick(world.people)] : world.people
  for (const person of away) await person.stop()
  // While one is away the others dial every minute, which is what costs: a day of it would be most of the run.
  const hours = dice.pick({ day: [1, 25, 26], 'one-away': [1, 2, 5], 'all-away': [30, 24 * 5, 24 * 20] }[kind])
  world.tally.count(`passed: ${kind}`)
  world.watch.trace(`${hours} hours pass: ${kind}`)
  await world.run(hours * HOUR_MS)
  for (const person of away) person.open()
  await world.run(dice.between(0, 3_000))
}

/** Epochs with more than one successor: commits that were made at the same time. */
function countForks(world: World): void {
  for (const person of world.people) {
    const rows = person.disk.all(
      'SELECT parent FROM epochs WHERE parent IS NOT NULL GROUP BY parent HAVING count(*) > 1',
    )
    world.tally.count('fork', rows.length)
  }
}
