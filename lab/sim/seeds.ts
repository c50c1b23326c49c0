/** Which worlds are lived at each run of the tests: some always, some anew each time, and all that failed once. */
import { readFileSync } from 'node:fs'

/** Seeds that no run before has seen; a number of seconds times this many is where they begin. */
export const ROTATING = 40
/** Replays a run: where its rotating seeds began. */
export const SEEDS_FROM = 'PARLEY_SEEDS_FROM'

const SEED_MAX = 2 ** 31

/** @returns seeds that change with each run, and prints them, so that the run can be had again. */
export function rotatingSeeds(protocol: string, count = ROTATING): readonly number[] {
  const given = process.env[SEEDS_FROM]
  const from = given === undefined ? (Math.floor(Date.now() / 1_000) * count) % SEED_MAX : Number(given)
  process.stdout.write(`${protocol}: rotating seeds ${from} to ${from + count - 1} (again: ${SEEDS_FROM}=${from})\n`)
  return Array.from({ length: count }, (_, index) => from + index)
}

export const firstSeeds = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1)

/** Seeds that failed once, each with what was wrong; they stay for ever. */
export function regressionSeeds(file: string): readonly number[] {
  const all: unknown = JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'))
  if (!Array.isArray(all)) throw new Error(`${file} is a list`)
  return all.map((each: { readonly seed: number }) => each.seed)
}
