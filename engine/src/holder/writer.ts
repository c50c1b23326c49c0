/** Writes of several requests share one transaction: the disk is waited for once. Spec: HLD-7. */
import { HOLDER_WRITES_MAX } from '@parley/core'
import { PortError } from '../ports/port-error.ts'
import type { StorePort } from '../ports/store.ts'

interface Job {
  run(): void
  done(): void
  fail(error: unknown): void
}

export interface WriterOptions {
  readonly store: StorePort
  /** Takes a mark of what is in memory; what it returns goes back to it. */
  readonly mark: () => () => void
  /** Waits until other input was heard, so that more of it is written at once; absent: the next microtask. */
  readonly breathe: (() => Promise<void>) | undefined
}

export class Writer {
  readonly #options: WriterOptions
  #jobs: Job[] = []
  #isFlushing = false
  #isStopped = false

  constructor(options: WriterOptions) {
    this.#options = options
  }

  /**
   * Runs `work` (synchronous) in a transaction that is durable when this resolves with its result.
   * @throws (rejects) PortError of the store; whatever `work` throws: then nothing of it was written.
   */
  write<T>(work: () => T): Promise<T> {
    if (this.#isStopped) return Promise.reject(new PortError('STORE_FAILED', 'the holder has stopped', false))
    return new Promise((resolve, reject) => {
      let result: { readonly value: T } | undefined
      this.#jobs.push({
        run: () => {
          result = { value: work() }
        },
        done: () => (result === undefined ? reject(new Error('a write was left out')) : resolve(result.value)),
        fail: reject,
      })
      void this.#flushSoon()
    })
  }

  /** Writes what waits. Nothing is written any more. Idempotent. */
  stop(): void {
    while (this.#jobs.length > 0) this.#flush()
    this.#isStopped = true
  }

  async #flushSoon(): Promise<void> {
    if (this.#isFlushing) return
    this.#isFlushing = true
    do {
      await this.#options.breathe?.()
      this.#flush()
    } while (this.#jobs.length > 0)
    this.#isFlushing = false
  }

  #flush(): void {
    const jobs = this.#jobs.splice(0, HOLDER_WRITES_MAX)
    // One job that cannot be written must not take the others with it.
    if (jobs.length > 1 && this.#commit(jobs) === undefined) return
    for (const job of jobs) {
      const failure = this.#commit([job])
      if (failure !== undefined) job.fail(failure.error)
    }
  }

  /** Settles the jobs when they are durable; otherwise says why they are not, and nothing has changed. */
  #commit(jobs: readonly Job[]): { readonly error: unknown } | undefined {
    const restore = this.#options.mark()
    try {
      this.#options.store.transaction(() => {
        for (const job of jobs) job.run()
      })
    } catch (error) {
      restore()
      return { error }
    }
    for (const job of jobs) job.done()
    return undefined
  }
}
