import type { Profile } from '@parley/engine/api'

export type ProfileFact = 'name' | 'handle' | 'location' | 'about' | 'picture' | 'addresses' | 'other'

/** A fact as it was and as it became; only for those that are words. */
export interface FactChange {
  readonly fact: ProfileFact
  readonly before?: string
  readonly after?: string
}

/** One version of a profile, and what it changed. */
export interface VersionRow {
  readonly version: number
  /** Unix milliseconds, as its author's clock had it. */
  readonly changedAt: number
  /** Empty: the same again, signed anew. */
  readonly changes: readonly FactChange[]
  /** Nothing older was seen here. */
  readonly isFirst: boolean
}

const words = ['name', 'handle', 'location', 'about'] as const

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

const sorted = (extra: Profile['extra']) => Object.entries(extra).toSorted(([a], [b]) => (a < b ? -1 : 1))

/** What is different between a version and the one before it. */
export const changesBetween = (before: Profile, after: Profile): readonly FactChange[] => {
  const changes: FactChange[] = words
    .filter((fact) => before[fact] !== after[fact])
    .map((fact) => ({ fact, before: before[fact], after: after[fact] }))
  if (before.avatar !== after.avatar) changes.push({ fact: 'picture' })
  if (!isSame(before.addresses.toSorted(), after.addresses.toSorted())) changes.push({ fact: 'addresses' })
  if (!isSame(sorted(before.extra), sorted(after.extra))) changes.push({ fact: 'other' })
  return changes
}

/** The versions as rows, the newest first, whatever order they come in. */
export const versionRows = (profiles: readonly Profile[]): readonly VersionRow[] => {
  const newestFirst = profiles.toSorted((a, b) => b.version - a.version)
  return newestFirst.map((profile, at) => {
    const before = newestFirst[at + 1]
    return {
      version: profile.version,
      changedAt: profile.changedAt,
      changes: before === undefined ? [] : changesBetween(before, profile),
      isFirst: before === undefined,
    }
  })
}
