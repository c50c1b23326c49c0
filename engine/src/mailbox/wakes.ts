/**
 * Hints of anybody, at a pace: whoever hears a hint can repeat it for ever, so that in the long run none of them may cost
 * more than a question a second. Spec: MBX-5, OFF-17.
 */
import type { ClockPort, Cancel } from '../ports/clock.ts'

/** Looks that hints about conversations may cause at once; each comes back after a while. */
export const WAKE_LOOKS_MAX = 10
export const WAKE_LOOK_RETURNS_MS = 1_000
/** Pause between two looks at the inbox. */
export const WAKE_INBOX_PAUSE_MS = 5_000

export interface WakesOptions {
  readonly clock: ClockPort
  /** Time to look at what {@link Wakes} was told of: keys of slots, and whether at the inbox. */
  readonly onDue: (keys: readonly string[], isInboxDue: boolean) => void
}

export class Wakes {
  readonly #options: WakesOptions
  readonly #keys = new Set<string>()
  #isInboxHinted = false
  #looksLeft = WAKE_LOOKS_MAX
  #isInboxPaused = false
  readonly #timers = new Set<Cancel>()

  constructor(options: WakesOptions) {
    this.#options = options
  }

  stop(): void {
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
  }

  /** `keys` of slots that we know: their number bounds what is remembered. */
  hear(keys: readonly string[], isInbox: boolean): void {
    for (const key of keys) this.#keys.add(key)
    this.#isInboxHinted ||= isInbox
    this.#look()
  }

  #look(): void {
    const keys = this.#looksLeft === 0 ? [] : [...this.#keys]
    const isInboxDue = this.#isInboxHinted && !this.#isInboxPaused
    if (keys.length > 0) {
      this.#keys.clear()
      this.#looksLeft--
      // They come back one after the other: the eleventh in a second waits for the first to be a while ago.
      this.#later((WAKE_LOOKS_MAX - this.#looksLeft) * WAKE_LOOK_RETURNS_MS, () => this.#looksLeft++)
    }
    if (isInboxDue) {
      this.#isInboxHinted = false
      this.#isInboxPaused = true
      this.#later(WAKE_INBOX_PAUSE_MS, () => (this.#isInboxPaused = false))
    }
    if (keys.length > 0 || isInboxDue) this.#options.onDue(keys, isInboxDue)
  }

  #later(delayMs: number, end: () => void): void {
    const cancel = this.#options.clock.after(delayMs, () => {
      this.#timers.delete(cancel)
      end()
      this.#look()
    })
    this.#timers.add(cancel)
  }
}
