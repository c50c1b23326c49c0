/** Virtual time: a heap of events ordered by time, then by the sequence in which they were scheduled. */
import type { Cancel } from '@parley/engine'

interface TimelineEvent {
  readonly atMs: number
  readonly sequence: number
  run: (() => void) | undefined
}

export class Timeline {
  readonly #heap: TimelineEvent[] = []
  #nowMs = 0
  #sequence = 0
  #live = 0

  /** Milliseconds since the world began. */
  get nowMs(): number {
    return this.#nowMs
  }

  /** Events that wait and were not cancelled. */
  get size(): number {
    return this.#live
  }

  after(delayMs: number, run: () => void): Cancel {
    const event: TimelineEvent = { atMs: this.#nowMs + Math.max(0, delayMs), sequence: this.#sequence++, run }
    this.#live++
    this.#rise(event)
    return () => {
      if (event.run !== undefined) this.#live--
      event.run = undefined
    }
  }

  /** When the next event is due; undefined when none waits. */
  nextAtMs(): number | undefined {
    while (this.#heap[0] !== undefined && this.#heap[0].run === undefined) this.#takeFirst()
    return this.#heap[0]?.atMs
  }

  /** Runs the first event. @returns false when none waits. */
  step(): boolean {
    if (this.nextAtMs() === undefined) return false
    const event = this.#takeFirst()
    const run = event?.run
    if (event === undefined || run === undefined) return false
    event.run = undefined
    this.#live--
    this.#nowMs = Math.max(this.#nowMs, event.atMs)
    run()
    return true
  }

  /** Time passes and nothing is due: only for when {@link nextAtMs} says so. */
  advanceTo(atMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, atMs)
  }

  #rise(event: TimelineEvent): void {
    const heap = this.#heap
    let index = heap.length
    heap.push(event)
    while (index > 0) {
      const parentIndex = (index - 1) >> 1
      const parent = heap[parentIndex]
      if (parent === undefined || isBefore(parent, event)) break
      heap[index] = parent
      index = parentIndex
    }
    heap[index] = event
  }

  #takeFirst(): TimelineEvent | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return first
    let index = 0
    for (;;) {
      const left = heap[2 * index + 1]
      const right = heap[2 * index + 2]
      const child = right !== undefined && left !== undefined && isBefore(right, left) ? right : left
      if (child === undefined || isBefore(last, child)) break
      heap[index] = child
      index = child === left ? 2 * index + 1 : 2 * index + 2
    }
    heap[index] = last
    return first
  }
}

const isBefore = (a: TimelineEvent, b: TimelineEvent): boolean =>
  a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence)
