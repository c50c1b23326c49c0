/**
 * Swarm testing: each seed decides which faults exist in its world and how often they strike, so that no fault always
 * hides behind another. Rates are probabilities per frame or per dial, intervals mean times between two strikes.
 */
import { createDice, type Dice } from './dice.ts'

export interface Faults {
  readonly latencyMsMin: number
  readonly latencyMsMax: number
  /** A frame vanishes and the link stays up. */
  readonly frameDrop: number
  readonly frameDuplicate: number
  /** An envelope is overtaken by what was sent after it. */
  readonly frameReorder: number
  /** Some bits of a frame flip: what a malicious peer could send. */
  readonly frameMutate: number
  /** An envelope of the past comes again, much later. */
  readonly frameReplay: number
  /** Bytes on the way in one direction of a link before its sender has to wait. */
  readonly bufferBytes: number
  readonly dialFail: number
  readonly dialHang: number
  /** When both dial at once, both links come to be and one replaces the other. */
  readonly dialTwice: number
  /** 0: never. */
  readonly linkResetEveryMs: number
  readonly partitionEveryMs: number
  readonly crashEveryMs: number
  readonly restartEveryMs: number
  readonly diskFullEveryMs: number
  readonly clockJumpEveryMs: number
  /** One person's disk loses its groups, as a repaired or restored database may; the others have to notice. */
  readonly amnesiaEveryMs: number
  /** Clocks are off by up to this much from the start. */
  readonly clockSkewMsMax: number
  readonly clockJumpMsMax: number
  /** A restarted device listens elsewhere. */
  readonly movesOnRestart: boolean
}

export const NO_FAULTS: Faults = {
  latencyMsMin: 5,
  latencyMsMax: 40,
  frameDrop: 0,
  frameDuplicate: 0,
  frameReorder: 0,
  frameMutate: 0,
  frameReplay: 0,
  bufferBytes: 8 * 1_048_576,
  dialFail: 0,
  dialHang: 0,
  dialTwice: 0,
  linkResetEveryMs: 0,
  partitionEveryMs: 0,
  crashEveryMs: 0,
  restartEveryMs: 0,
  diskFullEveryMs: 0,
  clockJumpEveryMs: 0,
  amnesiaEveryMs: 0,
  clockSkewMsMax: 0,
  clockJumpMsMax: 0,
  movesOnRestart: false,
}

/** Nearly half of all faults are on in a given world. */
const ON = 0.45

export function faultsOf(seed: number): Faults {
  const dice = createDice(seed, 'faults')
  const rate = (most: number) => (dice.chance(ON) ? dice.unit() * most : 0)
  const every = (fewestMs: number, mostMs: number) => (dice.chance(ON) ? dice.between(fewestMs, mostMs) : 0)
  const latencyMsMin = dice.between(1, 80)
  return {
    latencyMsMin,
    latencyMsMax: latencyMsMin + dice.pick([0, 20, 200, 1_500]),
    frameDrop: rate(0.15),
    frameDuplicate: rate(0.2),
    frameReorder: rate(0.2),
    frameMutate: rate(0.03),
    frameReplay: rate(0.15),
    bufferBytes: dice.pick([8 * 1_048_576, 8 * 1_048_576, 24_576]),
    dialFail: rate(0.6),
    dialHang: rate(0.2),
    dialTwice: rate(1),
    linkResetEveryMs: every(3_000, 20_000),
    partitionEveryMs: every(5_000, 30_000),
    crashEveryMs: every(3_000, 15_000),
    restartEveryMs: every(5_000, 25_000),
    diskFullEveryMs: every(8_000, 30_000),
    clockJumpEveryMs: every(10_000, 30_000),
    amnesiaEveryMs: dice.chance(0.2) ? dice.between(8_000, 30_000) : 0,
    clockSkewMsMax: dice.chance(ON) ? dice.between(0, 100_000) : 0,
    clockJumpMsMax: pickJump(dice),
    movesOnRestart: dice.chance(0.5),
  }
}

const pickJump = (dice: Dice): number => dice.pick([2_000, 60_000, 240_000, 6 * 3_600_000, 80 * 3_600_000])
