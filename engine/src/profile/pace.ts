/** Work at a pace: however often it is asked for, it runs one at a time and so far apart, and the last wish is never lost. PFX-4 */
import type { Cancel, ClockPort } from '../ports/clock.ts'

export class Pace {
  readonly #clock: ClockPort
  readonly #pauseMs: number
  readonly #run: () => Promise<void>
  #isBusy = false
  #isWished = false
  #isStopped = false
  #pause: Cancel | undefined

  /** `run` must not reject. */
  constructor(clock: ClockPort, pauseMs: number, run: () => Promise<void>) {
    this.#clock = clock
    this.#pauseMs = pauseMs
    this.#run = run
  }

  /** Runs now when it is quiet, else once more after the pause. */
  wish(): void {
    this.#isWished = true
    if (this.#isBusy || this.#isStopped) return
    this.#isBusy = true
    void this.#go()
  }

  stop(): void {
    this.#isStopped = true
    this.#pause?.()
  }

  async #go(): Promise<void> {
    this.#isWished = false
    await this.#run()
    if (this.#isStopped) return
    this.#pause = this.#clock.after(this.#pauseMs, () => {
      if (this.#isWished) void this.#go()
      else this.#isBusy = false
    })
  }
}
