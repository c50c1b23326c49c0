/** Runs jobs in as many threads as there are processors; every thread takes the next job when it is free. */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Kill, Told } from './kill-matrix.ts'
import type { SeedReport } from './run-seed.ts'
import type { FaultTold, SingleFault } from './single-fault.ts'

/**
 * `seed`: a storm among people who are there; `offline`: people who are online by turns; `kills`: see `kill-matrix.ts`;
 * `fault`: see `single-fault.ts`.
 */
export type Job =
  | { readonly type: 'seed'; readonly seed: number }
  | { readonly type: 'offline'; readonly seed: number }
  | { readonly type: 'kills'; readonly kills: readonly Kill[] }
  | { readonly type: 'fault'; readonly fault: SingleFault }

/** @returns the reports in the order of `seeds`. Rejects when a thread dies. */
export const runSeeds = (
  seeds: readonly number[],
  type: 'seed' | 'offline' = 'seed',
  options: PoolOptions<SeedReport> = {},
): Promise<readonly SeedReport[]> =>
  inThreads<SeedReport>(
    seeds.map((seed) => ({ type, seed })),
    options,
  )

/** @returns what became of each delivery, in order. Rejects when a thread dies. */
export const tellAll = (all: readonly (readonly Kill[])[]): Promise<readonly Told[]> =>
  inThreads<Told>(all.map((kills) => ({ type: 'kills', kills })))

/** @returns what became of each story, in order. Rejects when a thread dies. */
export const faultAll = (faults: readonly SingleFault[]): Promise<readonly FaultTold[]> =>
  inThreads<FaultTold>(faults.map((fault) => ({ type: 'fault', fault })))

interface PoolOptions<T> {
  /** Hears of each as it ends. */
  readonly told?: (result: T) => void
  readonly threads?: number
}

async function inThreads<T>(jobs: readonly Job[], options: PoolOptions<T> = {}): Promise<readonly T[]> {
  const { told = () => undefined, threads: threadsMax = availableParallelism() } = options
  const results = new Map<number, T>()
  const waiting = [...jobs.entries()]
  const threads = Array.from({ length: Math.min(threadsMax, jobs.length) }, () => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url))
    return new Promise<void>((resolve, reject) => {
      const next = () => {
        const job = waiting.shift()
        if (job !== undefined) worker.postMessage(job)
        else worker.terminate().then(() => resolve(), reject)
      }
      worker.on('message', ({ index, result }: { readonly index: number; readonly result: T }) => {
        results.set(index, result)
        told(result)
        next()
      })
      worker.on('error', reject)
      next()
    })
  })
  await Promise.all(threads)
  return jobs.flatMap((_, index) => results.get(index) ?? [])
}
