/** Asks the other end of a link for its bundle until a good one has come: any single frame may be lost. Spec: DLV-11. */
import type { Cancel, ClockPort } from '../ports/clock.ts'

/** Pause before the second request; it doubles with each. */
export const BUNDLE_RETRY_MIN_MS = 2_000
export const BUNDLE_RETRY_MAX_MS = 60_000

export class BundleRequest {
  readonly #clock: ClockPort
  readonly #ask: () => void
  #pauseMs = BUNDLE_RETRY_MIN_MS
  #retry: Cancel | undefined

  /** `ask`: sends the request once. */
  constructor(clock: ClockPort, ask: () => void) {
    this.#clock = clock
    this.#ask = ask
  }

  /** Asks now, and again until {@link stop}. */
  start(): void {
    this.stop()
    this.#pauseMs = BUNDLE_RETRY_MIN_MS
    this.#send()
  }

  stop(): void {
    this.#retry?.()
    this.#retry = undefined
  }

  #send(): void {
    this.#ask()
    this.#retry = this.#clock.after(this.#pauseMs, () => this.#send())
    this.#pauseMs = Math.min(BUNDLE_RETRY_MAX_MS, 2 * this.#pauseMs)
  }
}
