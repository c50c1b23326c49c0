/** What happens to profiles by itself as time passes. Spec: PFX-7, PFX-10. */
import { PROFILE_FRESH_MS } from '@parley/core'
import type { Context } from '../context.ts'
import type { Cancel } from '../ports/clock.ts'
import { contactsConfirmedBefore } from '../store/profiles.ts'
import type { OwnProfile } from './own.ts'

/** After the start: links come first, and most contacts answer over theirs. */
const PREFETCH_DELAY_MS = 10_000
const INTERVAL_MS = 3_600_000
/** Addresses come and go with relays: only those that are there after so long are worth a new record. */
const SETTLE_MS = 60_000

export class Upkeep {
  readonly #context: () => Context
  readonly #own: OwnProfile
  readonly #refresh: (account: string) => void
  #timer: Cancel | undefined
  #settling: Cancel | undefined
  #isRunning = false

  /** `refresh`: looks for a newer record of a contact, and nobody waits for it. */
  constructor(context: () => Context, own: OwnProfile, refresh: (account: string) => void) {
    this.#context = context
    this.#own = own
    this.#refresh = refresh
  }

  start(): void {
    this.#isRunning = true
    this.#timer = this.#context().clock.after(PREFETCH_DELAY_MS, () => this.#keepUp())
  }

  /** Addresses, or the invites, may be other ones. */
  moved(): void {
    if (!this.#isRunning || this.#own.record?.isPublic !== true) return
    this.#settling ??= this.#context().clock.after(SETTLE_MS, () => {
      this.#settling = undefined
      this.#renew(true)
    })
  }

  stop(): void {
    this.#isRunning = false
    this.#timer?.()
    this.#settling?.()
  }

  #keepUp(): void {
    const { clock, store, log } = this.#context()
    this.#timer = clock.after(INTERVAL_MS, () => this.#keepUp())
    this.#renew(false)
    try {
      // Whoever showed nothing tells when that changes, and may be looked up when somebody looks at them.
      for (const account of contactsConfirmedBefore(store, clock.now(), PROFILE_FRESH_MS)) this.#refresh(account)
    } catch (error) {
      log.log('warn', 'profiles of contacts not looked for', { error: String(error) })
    }
  }

  #renew(hasMoved: boolean): void {
    this.#own.renew(hasMoved).catch((error: unknown) => {
      if (this.#isRunning) this.#context().log.log('warn', 'own profile not renewed', { error: String(error) })
    })
  }
}
