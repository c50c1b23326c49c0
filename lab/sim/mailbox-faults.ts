/**
 * What can go wrong between a device and those who hold its blocks, and how holders lie. Rates are probabilities per
 * request, intervals mean times between two strikes.
 */
import { createDice, type Dice } from './dice.ts'

export interface MailboxFaults {
  readonly latencyMsMin: number
  readonly latencyMsMax: number
  /** A request never arrives; its caller waits until its patience ends. */
  readonly requestLoss: number
  /** It arrives and is acted on, and the answer is lost. */
  readonly answerLoss: number
  /** A wake-up does not reach one of its listeners. */
  readonly wakeLoss: number
  /** 0: never. The process of a push node dies between any two steps and comes back. */
  readonly nodeKillEveryMs: number
  readonly nodeRestartEveryMs: number
  /** A device and a push node do not hear each other for a while. */
  readonly nodePartitionEveryMs: number
  /** A node that forgets loses everything that it holds. */
  readonly nodeLossEveryMs: number
}

export const NO_MAILBOX_FAULTS: MailboxFaults = {
  latencyMsMin: 5,
  latencyMsMax: 40,
  requestLoss: 0,
  answerLoss: 0,
  wakeLoss: 0,
  nodeKillEveryMs: 0,
  nodeRestartEveryMs: 0,
  nodePartitionEveryMs: 0,
  nodeLossEveryMs: 0,
}

/** How a node lies. `claims`: valid receipts for what it throws away. `forgets`: has it, and later not. */
export const LIES = [
  'claims',
  'forgets',
  'delays',
  'wrong-blocks',
  'cut-records',
  'old-records',
  'hides',
  'refuses',
  'garbage',
] as const
export type Lie = (typeof LIES)[number]

const ON = 0.5

export function mailboxFaultsOf(seed: number): MailboxFaults {
  const dice = createDice(seed, 'mailbox faults')
  const rate = (most: number) => (dice.chance(ON) ? dice.unit() * most : 0)
  const every = (fewestMs: number, mostMs: number) => (dice.chance(ON) ? dice.between(fewestMs, mostMs) : 0)
  const latencyMsMin = dice.between(1, 100)
  return {
    latencyMsMin,
    latencyMsMax: latencyMsMin + dice.pick([0, 50, 400, 3_000]),
    requestLoss: rate(0.3),
    answerLoss: rate(0.3),
    wakeLoss: rate(1),
    nodeKillEveryMs: every(3_000, 20_000),
    nodeRestartEveryMs: every(5_000, 30_000),
    nodePartitionEveryMs: every(5_000, 30_000),
    nodeLossEveryMs: every(20_000, 90_000),
  }
}

/** One lie for each of `count` nodes but the first, which is honest: somebody always is. */
export function liesOf(seed: number, count: number): readonly (Lie | undefined)[] {
  const dice = createDice(seed, 'lies')
  const share = dice.pick([0, 0, 0.5, 1])
  return Array.from({ length: count }, (_, index) => pickLie(dice, index === 0 ? 0 : share))
}

export const pickLie = (dice: Dice, share: number): Lie | undefined =>
  dice.chance(share) ? dice.pick(LIES) : undefined
