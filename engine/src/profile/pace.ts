/**
 * Work at a pace: however often it is asked for, it runs one at a time, a few times in a row and then so far apart, and the
 * last wish is never lost. Spec: PFX-4, PRS-3.
 */
import type { Cancel, ClockPort } from '../ports/clock.ts'

export interface PaceOptions {
  readonly clock: ClockPort
  /** Runs in a row before the first pause; one comes back with each pause. */
  readonly burst: number
  readonly pauseMs: number
  readonly run: () => Promise<void>
  /** Told what `run` rejects with; the next wish runs all the same. Must not throw. */
  readonly failed: (error: unknown) => void
}

export class Pace {
  readonly #options: PaceOptions
  #left: number
  #isRunning = false
  #isWished = false
  #isStopped = false
  #pause: Cancel | undefined

  constructor(options: PaceOptions) {
    this.#options = options
    this.#left = options.burst
  }

  /** Runs now when it may, else once more as soon as it may. */
  wish(): void {
    this.#isWished = true
    if (!this.#isRunning && this.#left > 0 && !this.#isStopped) void this.#go()
  }

  stop(): void {
    this.#isStopped = true
    this.#pause?.()
  }

  async #go(): Promise<void> {
    this.#isWished = false
    this.#isRunning = true
    this.#left--
    this.#pause ??= this.#later()
    try {
      await this.#options.run()
    } catch (error) {
      this.#options.failed(error)
    }
    this.#isRunning = false
    if (this.#isWished) this.wish()
  }

  #later(): Cancel {
    const { clock, pauseMs, burst } = this.#options
    return clock.after(pauseMs, () => {
      this.#left++
      this.#pause = this.#left < burst && !this.#isStopped ? this.#later() : undefined
      if (this.#isWished) this.wish()
    })
  }
}
