/**
 * The one writer. Law: nothing leaves the device, is answered or is shown before the state that produced it is durable.
 *
 * A job has two halves. `prepare` may await cryptography; it reads and stages conversation state in memory and writes
 * nothing. It returns `apply`, which runs synchronously inside the one transaction that the whole batch shares. Jobs of
 * a batch are prepared and applied in order. If the transaction fails, the staged state is forgotten as if the batch
 * had never been; a batch with a poisoned job is run again job by job, so one bad item never stops the rest. Only a
 * store that is full or fails concerns all of them. DLV-12
 */
import type { StorePort } from '../ports/store.ts'
import { PortError } from '../ports/port-error.ts'
import { Commit } from './commit.ts'

export type Apply<T> = (commit: Commit) => T

/** Staged state with a way back. The engine's conversation cache is one. Nothing of it is meant to throw but `persist`. */
export interface Stage {
  /** A mark to return to when a job fails half-way. */
  mark(): unknown
  rollback(mark: unknown): void
  /** Called inside the transaction after every apply: writes what was staged. */
  persist(): void
  /** The transaction is durable: staged becomes current. */
  adopt(): void
  /** The transaction failed: staged is dropped. */
  discard(): void
}

type Source = 'command' | 'input'

interface Job {
  readonly source: Source
  readonly prepare: () => Promise<Apply<unknown>> | Apply<unknown>
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
  /** It runs in a batch of its own: it asked for that, or a batch with it failed. */
  isAlone: boolean
}

export interface TurnsOptions {
  readonly store: StorePort
  readonly stage: Stage
  readonly published: (commit: Commit) => void
  /** Told what nobody else is told. Must not throw. */
  readonly failed: (error: unknown) => void
  /** Prepared after the jobs of a batch and applied last in its transaction: what follows from all of them together. */
  readonly closing?: () => Promise<Apply<void> | undefined>
  /** Awaited between batches, so that a long queue does not keep the network waiting. */
  readonly breathe?: (() => Promise<void>) | undefined
}

/** Jobs in one transaction at most: bounds how long a new command waits for the batch before it. */
export const BATCH_JOBS_MAX = 128
/** From this size on a batch is a sign of load. */
const GATHER_JOBS_MIN = 8
/** Turns of the event loop that a loaded writer gives to its callers before the next transaction. */
const GATHER_ROUNDS_MAX = 16

export class Turns {
  readonly #options: TurnsOptions
  #commands: Job[] = []
  #inputs: Job[] = []
  #running: Promise<void> | undefined
  /** Commands went before an input that has to run alone: it goes before the next ones. */
  #isLoneInputDue = false
  #isClosed = false

  constructor(options: TurnsOptions) {
    this.#options = options
  }

  /** Jobs that wait now. */
  get waiting(): number {
    return this.#commands.length + this.#inputs.length
  }

  /**
   * Runs a job; resolves with what `apply` returned once it is durable. `command` jobs go before `input` jobs that wait.
   * Rejects with what `prepare` or `apply` threw, or the store's PortError; nothing of the job was kept then.
   */
  run<T>(source: Source, prepare: () => Promise<Apply<T>> | Apply<T>): Promise<T> {
    return this.#push(source, prepare, false)
  }

  /**
   * Like {@link run}, in a batch of its own: for a job that decides by what the store says and whose neighbours may be
   * about to change just that. Only conversation states are staged between the jobs of a batch.
   */
  runAlone<T>(source: Source, prepare: () => Promise<Apply<T>> | Apply<T>): Promise<T> {
    return this.#push(source, prepare, true)
  }

  #push<T>(source: Source, prepare: () => Promise<Apply<T>> | Apply<T>, isAlone: boolean): Promise<T> {
    if (this.#isClosed) return Promise.reject(new PortError('STORE_FAILED', 'the engine is closed', true))
    return new Promise<T>((resolve, reject) => {
      const settle = resolve as (value: unknown) => void
      this.#queueOf(source).push({ source, prepare, resolve: settle, reject, isAlone })
      this.#running ??= this.#loop()
    })
  }

  /** Refuses new jobs and resolves when the last accepted one has ended. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#running
  }

  async #loop(): Promise<void> {
    // One microtask of patience lets the jobs of one tick share a transaction.
    await Promise.resolve()
    let previous = 0
    try {
      for (let batch = this.#take(); batch.length > 0; batch = this.#take()) {
        await this.#runBatch(batch).catch((error: unknown) => this.#giveUp(batch, error))
        if (this.waiting > 0 || batch.length >= GATHER_JOBS_MIN) await this.#gather(Math.max(previous, batch.length))
        previous = batch.length
      }
    } finally {
      this.#running = undefined
    }
  }

  /** A defect of ours in the middle of a batch: nothing of it became durable. Whoever waits is told, the rest goes on. */
  #giveUp(batch: readonly Job[], error: unknown): void {
    this.#options.failed(error)
    this.#guard(() => this.#options.stage.discard())
    for (const job of batch) job.reject(error)
  }

  /**
   * Lets the network and callers go, and under load waits a few rounds for as many jobs as the last batches had: a
   * transaction costs the same for one job as for a hundred. A lone job never waits.
   */
  async #gather(jobs: number): Promise<void> {
    const { breathe } = this.#options
    if (breathe === undefined) return
    try {
      await breathe()
      if (jobs < GATHER_JOBS_MIN) return
      const wanted = Math.min(BATCH_JOBS_MAX, jobs)
      for (let round = 1; round < GATHER_ROUNDS_MAX && this.waiting < wanted; round++) await breathe()
    } catch (error) {
      this.#options.failed(error)
    }
  }

  #queueOf(source: Source): Job[] {
    return source === 'command' ? this.#commands : this.#inputs
  }

  #take(): Job[] {
    const batch: Job[] = []
    const queues = this.#isLoneInputDue ? [this.#inputs, this.#commands] : [this.#commands, this.#inputs]
    this.#isLoneInputDue = false
    for (const queue of queues) {
      // Commands go first, but a flood of them leaves half of each batch to what the network brings.
      const hasOthers = queue === this.#commands && this.#inputs.length > 0
      const jobsMax = hasOthers ? BATCH_JOBS_MAX / 2 : BATCH_JOBS_MAX
      while (batch.length < jobsMax && queue[0] !== undefined) {
        if (queue[0].isAlone && batch.length > 0) {
          this.#isLoneInputDue = queue === this.#inputs
          return batch
        }
        const job = queue.shift()
        if (job === undefined) break
        batch.push(job)
        if (job.isAlone) return batch
      }
    }
    return batch
  }

  async #runBatch(batch: readonly Job[]): Promise<void> {
    const { store, stage } = this.#options
    const prepared: { readonly job: Job; readonly apply: Apply<unknown> }[] = []
    for (const job of batch) {
      const mark = stage.mark()
      try {
        prepared.push({ job, apply: await job.prepare() })
      } catch (error) {
        stage.rollback(mark)
        job.reject(error)
      }
    }
    if (prepared.length === 0) return
    const commit = new Commit()
    const results: unknown[] = []
    let isOurs = true
    try {
      const closing = await this.#options.closing?.()
      isOurs = false
      store.transaction(() => {
        isOurs = true
        for (const { apply } of prepared) results.push(apply(commit))
        closing?.(commit)
        stage.persist()
        isOurs = false
      })
    } catch (error) {
      stage.discard()
      this.#recover(prepared, error, isStoreFault(error, isOurs))
      return
    }
    this.#guard(() => stage.adopt())
    prepared.forEach(({ job }, index) => job.resolve(results[index]))
    for (const action of commit.actions) this.#guard(action)
    this.#guard(() => this.#options.published(commit))
  }

  #recover(prepared: readonly { readonly job: Job }[], error: unknown, isOfAll: boolean): void {
    if (isOfAll || prepared.length === 1) {
      for (const { job } of prepared) job.reject(error)
      return
    }
    for (const { job } of [...prepared].reverse()) {
      job.isAlone = true
      this.#queueOf(job.source).unshift(job)
    }
  }

  #guard(action: () => void): void {
    try {
      action()
    } catch (error) {
      this.#options.failed(error)
    }
  }
}

/**
 * Whether every job would fail like this. `isOurs`: it came out of the work of the batch, not out of the store's own
 * beginning or committing; a damaged row or a statement that cannot be is then the business of one job.
 */
function isStoreFault(error: unknown, isOurs: boolean): boolean {
  if (!(error instanceof PortError)) return false
  return !isOurs || error.code === 'STORE_FULL' || (error.code === 'STORE_FAILED' && error.isRetryable)
}
