/** Wishes that wait for their turn: the more urgent first, and never all places taken by what is not. Spec: PFX-12. */

/** In the order in which they are served. */
export const PRIORITIES = ['visible', 'soon', 'background'] as const
export type Priority = (typeof PRIORITIES)[number]

export interface LaneOptions<T> {
  /** Batches that run at the same time. What is less urgent leaves some of them to what is more. */
  readonly atOnce: number
  /** Wishes of one batch. */
  readonly batchMax: number
  /** Must not reject. */
  readonly run: (batch: readonly T[]) => Promise<void>
}

export class Lane<T> {
  readonly #options: LaneOptions<T>
  readonly #queues: Readonly<Record<Priority, Set<T>>> = { visible: new Set(), soon: new Set(), background: new Set() }
  #running = 0
  #isPumpDue = false

  constructor(options: LaneOptions<T>) {
    this.#options = options
  }

  get waiting(): number {
    return PRIORITIES.reduce((count, priority) => count + this.#queues[priority].size, 0)
  }

  /** Waits, or waits in a better place than before; what already runs is not touched. */
  add(wish: T, priority: Priority): void {
    this.remove(wish)
    this.#queues[priority].add(wish)
    if (this.#isPumpDue) return
    // Wishes of one turn share a batch.
    this.#isPumpDue = true
    queueMicrotask(() => {
      this.#isPumpDue = false
      this.#pump()
    })
  }

  has(wish: T): boolean {
    return PRIORITIES.some((priority) => this.#queues[priority].has(wish))
  }

  remove(wish: T): void {
    for (const priority of PRIORITIES) this.#queues[priority].delete(wish)
  }

  clear(): void {
    for (const priority of PRIORITIES) this.#queues[priority].clear()
  }

  #pump(): void {
    for (let batch = this.#take(); batch.length > 0; batch = this.#take()) {
      this.#running++
      void this.#options.run(batch).finally(() => {
        this.#running--
        this.#pump()
      })
    }
  }

  #take(): readonly T[] {
    const { atOnce, batchMax } = this.#options
    const batch: T[] = []
    for (const [index, priority] of PRIORITIES.entries()) {
      // visible: all places. soon: three quarters. background: half.
      const places = Math.max(1, Math.floor(atOnce * (1 - index / 4)))
      if (this.#running >= places) break
      for (const wish of this.#queues[priority]) {
        if (batch.length >= batchMax) return batch
        this.#queues[priority].delete(wish)
        batch.push(wish)
      }
    }
    return batch
  }
}
