/** The numbered topics that everybody shares: names of no person and no conversation. */
import { PROFILE_TOPICS, WAKE_TOPICS } from '@parley/core'

export interface Topics {
  readonly count: number
  /** Names by number. */
  readonly names: readonly string[]
  /** Their numbers. */
  readonly all: ReadonlySet<number>
  name(topic: number): string
  /** `undefined` for a name of another family. */
  numberOf(name: string): number | undefined
}

function numbered(prefix: string, count: number): Topics {
  const name = (topic: number): string => `${prefix}${topic}`
  const names = Array.from({ length: count }, (_, topic) => name(topic))
  const numbers = new Map(names.map((text, topic) => [text, topic]))
  return { count, names, all: new Set(names.keys()), name, numberOf: (text) => numbers.get(text) }
}

/** Spec: MBX-5. */
export const WAKES = numbered('/parley/wake/1/', WAKE_TOPICS)
/** Spec: PUB-1. */
export const PROFILES = numbered('/parley/profile/1/', PROFILE_TOPICS)
