/** Decisions of the simulation: all from the seed, in streams that do not disturb each other. */
import { seededRandom } from '@parley/adapter-memory'

export interface Dice {
  /** 0 ≤ x < 1. */
  unit(): number
  /** True with this probability. */
  chance(probability: number): boolean
  /** Integer, both ends included. */
  between(low: number, high: number): number
  pick<T>(list: readonly T[]): T
  /** Waiting time until the next of events that come every `meanMs` on average; at least 1. */
  waitMs(meanMs: number): number
}

/** The stream `label` of `seed`: another label is another stream, so a new decision in one leaves the others alone. */
export function createDice(seed: number, label: string): Dice {
  let mixed = seed >>> 0
  for (const letter of label) mixed = (Math.imul(mixed, 31) + (letter.codePointAt(0) ?? 0)) >>> 0
  const random = seededRandom(mixed + (seed % 0x1f_ffff) * 0x1_0000_0000)
  const unit = (): number => new DataView(random(4).buffer).getUint32(0) / 0x1_0000_0000
  const between = (low: number, high: number): number => low + Math.floor(unit() * (high - low + 1))
  return {
    unit,
    between,
    chance: (probability) => unit() < probability,
    pick(list) {
      const item = list[between(0, list.length - 1)]
      if (item === undefined) throw new RangeError('nothing to pick from')
      return item
    },
    waitMs: (meanMs) => Math.max(1, Math.round(-Math.log(1 - unit()) * meanMs)),
  }
}
