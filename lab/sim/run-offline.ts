/** One seed of people who are online by turns, as a report. */
import { createOfflineWorld, type OfflineOptions } from './offline-life.ts'
import type { SeedReport } from './run-seed.ts'
import { textOfFailure } from './run-seed.ts'

/** Never rejects: what goes wrong is the report's `failure`. */
export async function runOffline(seed: number, options: OfflineOptions = {}): Promise<SeedReport> {
  const { world, live } = await createOfflineWorld(seed, options)
  let failure: string | undefined
  let convergenceMs = 0
  try {
    convergenceMs = await live()
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
