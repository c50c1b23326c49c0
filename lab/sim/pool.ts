/** Runs seeds in as many threads as there are processors; every thread takes the next seed when it is free. */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { SeedReport } from './run-seed.ts'

/** @returns the reports in the order of `seeds`. Rejects when a thread dies. */
export async function runSeeds(seeds: readonly number[]): Promise<readonly SeedReport[]> {
  const reports = new Map<number, SeedReport>()
  const waiting = [...seeds]
  const threads = Array.from({ length: Math.min(availableParallelism(), seeds.length) }, () => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url))
    return new Promise<void>((resolve, reject) => {
      const next = () => {
        const seed = waiting.shift()
        if (seed !== undefined) worker.postMessage(seed)
        else worker.terminate().then(() => resolve(), reject)
      }
      worker.on('message', (report: SeedReport) => {
        reports.set(report.seed, report)
        next()
      })
      worker.on('error', reject)
      next()
    })
  })
  await Promise.all(threads)
  return seeds.flatMap((seed) => reports.get(seed) ?? [])
}
