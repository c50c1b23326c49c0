/** Runs jobs in as many threads as there are processors; every thread takes the next job when it is free. */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Kill, Told } from './kill-matrix.ts'
import type { SeedReport } from './run-seed.ts'

/** `seed`: a storm among people who are there; `offline`: people who are online by turns; `kills`: see `kill-matrix.ts`. */
export type Job =
  | { readonly type: 'seed'; readonly seed: number }
  | { readonly type: 'offline'; readonly seed: number }
  | { readonly type: 'kills'; readonly kills: readonly Kill[] }

/** @returns the reports in the order of `seeds`. Rejects when a thread dies. */
export const runSeeds = (seeds: readonly number[], type: 'seed' | 'offline' = 'seed'): Promise<readonly SeedReport[]> =>
  inThreads<SeedReport>(seeds.map((seed) => ({ type, seed })))

/** @returns what became of each delivery, in order. Rejects when a thread dies. */
export const tellAll = (all: readonly (readonly Kill[])[]): Promise<readonly Told[]> =>
  inThreads<Told>(all.map((kills) => ({ type: 'kills', kills })))

async function inThreads<T>(jobs: readonly Job[]): Promise<readonly T[]> {
  const results = new Map<number, T>()
  const waiting = [...jobs.entries()]
  const threads = Array.from({ length: Math.min(availableParallelism(), jobs.length) }, () => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url))
    return new Promise<void>((resolve, reject) => {
      const next = () => {
        const job = waiting.shift()
        if (job !== undefined) worker.postMessage(job)
        else worker.terminate().then(() => resolve(), reject)
      }
      worker.on('message', ({ index, result }: { readonly index: number; readonly result: T }) => {
        results.set(index, result)
        next()
      })
      worker.on('error', reject)
      next()
    })
  })
  await Promise.all(threads)
  return jobs.flatMap((_, index) => results.get(index) ?? [])
}
