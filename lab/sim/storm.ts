/** The faults of one burst of life: struck at random times while it lasts, all over when it ends. */
import type { Dice } from './dice.ts'
import type { Faults } from './faults.ts'
import type { Person } from './person.ts'
import type { World } from './world.ts'

/** A partition, a full disk and a closed app last about this long. */
const PARTITION_MS = 8_000
const DISK_FULL_MS = 4_000
const CLOSED_MS = 3_000
/** A crash is due within this many commits. */
const CRASH_COMMITS_MAX = 12
/** Before two people know each other, their clocks must agree on the validity of certificates. */
const FIRST_SKEW_MS_MAX = 140_000

export interface Storm {
  readonly durationMs: number
  readonly faults: Faults
  /** Everybody who is going to meet has met: clocks may be wrong by hours. */
  readonly isLate: boolean
}

/** Schedules every strike of the storm and turns the faults of frames and dials on. */
export function brew(world: World, dice: Dice, { durationMs, faults, isLate }: Storm): void {
  world.faults = faults
  const every = (meanMs: number, strike: () => void) => {
    if (meanMs === 0) return
    for (let atMs = dice.waitMs(meanMs); atMs < durationMs; atMs += dice.waitMs(meanMs)) world.after(atMs, strike)
  }
  const anybody = () => dice.pick(world.people)
  every(faults.linkResetEveryMs, () => {
    const [a, b] = pairOf(world, dice)
    world.board.resetLink(a.peerId, b.peerId)
  })
  every(faults.partitionEveryMs, () => {
    const [a, b] = pairOf(world, dice)
    const isAlone = dice.chance(0.4)
    for (const other of isAlone ? world.people : [b]) {
      if (other !== a) world.board.partition(a.peerId, other.peerId, dice.waitMs(PARTITION_MS))
    }
  })
  every(faults.crashEveryMs, () => crash(dice, anybody()))
  every(faults.restartEveryMs, () => restart(world, anybody(), dice.chance(0.5) ? 0 : dice.waitMs(CLOSED_MS)))
  every(faults.diskFullEveryMs, () => {
    const person = anybody()
    person.disk.isFull = true
    world.tally.count('disk full')
    world.watch.trace(`${person.name}'s disk is full`)
    world.after(dice.waitMs(DISK_FULL_MS), () => {
      person.disk.isFull = false
    })
  })
  const [forgetful] = world.people
  if (isLate && forgetful !== undefined) every(faults.amnesiaEveryMs, () => forgetGroups(world, forgetful))
  every(faults.clockJumpEveryMs, () => {
    const person = anybody()
    const mostMs = isLate ? faults.clockJumpMsMax : Math.min(faults.clockJumpMsMax, FIRST_SKEW_MS_MAX)
    person.wall.skewMs = dice.between(-mostMs, mostMs)
    world.tally.count('clock jump')
    world.watch.trace(`${person.name}'s clock is off by ${person.wall.skewMs} ms`)
  })
}

/** No fault is left: networks whole, disks empty, clocks right, everybody there who is not away on purpose. */
export function calm(world: World, faults: Faults): void {
  world.faults = faults
  world.board.healAll()
  for (const node of world.exchange.nodes) {
    if (node.disk !== undefined) node.disk.commitsUntilCrash = undefined
    node.start()
  }
  for (const person of world.people) {
    person.disk.isFull = false
    person.disk.commitsUntilCrash = undefined
    person.disk.crashesAgain = undefined
    person.wall.skewMs = 0
    if (!person.isAway) person.open()
  }
}

export function restart(world: World, person: Person, closedMs: number): void {
  if (person.engine === undefined) return
  world.tally.count('restart')
  world.background(person.stop().then(() => world.after(closedMs, () => person.open())))
}

function forgetGroups(world: World, person: Person): void {
  if (person.engine === undefined) return
  world.background(
    person.stop().then(() => {
      if (person.isRunning) return
      world.tally.count('groups forgotten', person.disk.forgetGroups())
      person.open()
    }),
  )
}

function crash(dice: Dice, person: Person): void {
  if (dice.chance(0.3)) {
    person.crash()
    return
  }
  person.disk.commitsUntilCrash = dice.between(1, CRASH_COMMITS_MAX)
  // Some of them strike while the app is opening again.
  if (dice.chance(0.3)) person.disk.crashesAgain = dice.between(1, 3)
  person.disk.crashesAfterCommit = dice.chance(0.5)
}

function pairOf(world: World, dice: Dice): readonly [Person, Person] {
  const a = dice.pick(world.people)
  return [a, dice.pick(world.people.filter((person) => person !== a))]
}
