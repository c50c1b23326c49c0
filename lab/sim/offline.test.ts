import { describe, expect, it } from 'vitest'
import { runSeeds } from './pool.ts'
import { runOffline } from './run-offline.ts'
import type { SeedReport } from './run-seed.ts'
import { LIES } from './mailbox-faults.ts'
import { regressionSeeds, rotatingSeeds } from './seeds.ts'
import { Tally } from './tally.ts'

/** Those at the end have the lies that the others lack. */
const FIXED = [...Array.from({ length: 32 }, (_, index) => index + 1), 34, 42, 48, 80, 87, 97, 105, 114]
/** A world of this kind costs three times as much as a storm. */
const ROTATING = rotatingSeeds('by turns', 20)
const REGRESSIONS = regressionSeeds('./offline-regressions.json')

let lived: Promise<readonly SeedReport[]> | undefined
/** Within a test, so that it is counted whose time this is. */
const reportsOfAll = () => (lived ??= runSeeds([...new Set([...FIXED, ...ROTATING, ...REGRESSIONS])], 'offline'))

const replay = ({ seed, failure }: SeedReport) => `${failure}\nreplay: node lab/sim/run.ts --offline --seed ${seed}`
const failures = async (seeds: readonly number[]) =>
  (await reportsOfAll()).flatMap((report) =>
    seeds.includes(report.seed) && report.failure !== undefined ? [replay(report)] : [],
  )

describe('people who are online by turns', () => {
  it('[OFF-1] [OFF-3] [OFF-5] [OFF-8] [OFF-10] all see the same, whatever strikes and whoever lies', async () => {
    expect((await reportsOfAll()).length).toBeGreaterThanOrEqual(FIXED.length + ROTATING.length)
    expect(await failures(FIXED)).toEqual([])
  })

  it('[OFF-1] [OFF-3] [OFF-5] [OFF-8] [OFF-10] do so also in worlds that nobody has seen before', async () => {
    expect(await failures(ROTATING)).toEqual([])
  })

  it('that once broke a law do so no more', async () => {
    expect(await failures(REGRESSIONS)).toEqual([])
  })

  it('have it soon: the pauses between looks are what it takes', async () => {
    const sorted = (await reportsOfAll()).map(({ convergenceMs }) => convergenceMs).sort((a, b) => a - b)
    const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0
    process.stdout.write(`offline: p50 ${at(0.5)} ms, p90 ${at(0.9)} ms, max ${at(1)} ms\n`)
    expect(at(0.5)).toBeLessThanOrEqual(15 * 60_000)
  })
})

describe('the simulated push nodes', () => {
  /** Each of these must have happened at least so often in all seeds together. */
  const expected: Readonly<Record<string, number>> = {
    'answer lost': 200,
    'blocks fetched': 500,
    'left elsewhere': 20,
    'left: acknowledgement': 100,
    'left: content': 400,
    'left: request': 5,
    'left: welcome': 5,
    'message written': 400,
    'partition from a push node': 20,
    'pointer renewed': 100,
    'push node killed': 50,
    'push node lost everything': 1,
    'push node restarted': 20,
    'request lost': 100,
    'tidy end': 1,
    'wake-up': 100,
    'wake-up lost': 20,
    ...Object.fromEntries(LIES.filter((lie) => lie !== 'forgets').map((lie) => [`lie: ${lie}`, 5])),
  }

  it('really did what they are for', async () => {
    const tally = new Tally()
    for (const { counts } of await reportsOfAll()) tally.add(counts)
    process.stdout.write(`${JSON.stringify(tally.toRecord(), undefined, 1)}\n`)
    const missing = Object.entries(expected).filter(([name, least]) => tally.of(name) < least)
    expect(missing.map(([name, least]) => `${name}: ${tally.of(name)} of ${least}`)).toEqual([])
  })

  it('live in the same world for the same seed, to the last byte', async () => {
    for (const { seed, digest, events } of (await reportsOfAll()).slice(0, 3)) {
      const again = await runOffline(seed)
      expect({ seed, digest: again.digest, events: again.events }).toEqual({ seed, digest, events })
    }
  })
})
