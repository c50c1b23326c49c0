/** The clock of one process of one device: its own wall time over the world's running time, and its own timers. */
import type { Cancel, ClockPort } from '@parley/engine'
import type { Timeline } from './timeline.ts'

/** 2026-01-01T00:00:00Z */
const START_MS = 1_767_225_600_000

export interface Wall {
  /** What the device's clock shows more than the true time; it survives restarts. */
  skewMs: number
}

export class SimClock implements ClockPort {
  readonly #timeline: Timeline
  readonly #wall: Wall
  readonly #timers = new Set<Cancel>()
  /** Of the timers that wait, but for the breaths between two slices of work; where they were set, in a traced run. */
  readonly #origins = new Map<Cancel, Error | undefined>()
  readonly #isTracing: boolean
  #isDead = false

  /** `isTracing`: remembers where timers were set, which costs a twentieth of a run. */
  constructor(timeline: Timeline, wall: Wall, isTracing = false) {
    this.#isTracing = isTracing
    this.#timeline = timeline
    this.#wall = wall
  }

  now(): number {
    return START_MS + Math.floor(this.#timeline.nowMs) + this.#wall.skewMs
  }

  after(delayMs: number, fire: () => void): Cancel {
    if (this.#isDead) return () => undefined
    const cancelEvent = this.#timeline.after(delayMs, () => {
      this.#timers.delete(cancel)
      this.#origins.delete(cancel)
      fire()
    })
    const cancel = () => {
      this.#timers.delete(cancel)
      this.#origins.delete(cancel)
      cancelEvent()
    }
    this.#timers.add(cancel)
    if (delayMs > 0) this.#origins.set(cancel, this.#isTracing ? new Error('set here') : undefined)
    return cancel
  }

  /** Timers that wait, but for the breaths between two slices of work. */
  get timers(): number {
    return this.#origins.size
  }

  /** Where the waiting timers were set, for the message about those that should not be there. */
  origins(): string {
    return [...this.#origins.values()].map(originOf).join('; ')
  }

  /** The process is gone, and its timers with it. */
  kill(): void {
    this.#isDead = true
    for (const cancel of [...this.#timers]) cancel()
  }
}

/** The frame of the engine that called. */
const originOf = (error: Error | undefined): string =>
  error === undefined
    ? 'see where with --trace'
    : (/engine\/src\/([^):]+:\d+)/.exec(error.stack ?? '')?.[1] ?? 'somewhere')
