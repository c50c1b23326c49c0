/** Records that anybody pushes, at a pace: most are of people who share a topic with a contact by chance. Spec: PFX-14, PUB. */
import type { Context } from '../context.ts'
import type { Cancel } from '../ports/clock.ts'
import type { ProfileBook } from './book.ts'

/** Records that are looked at, at once and then in a second: a look takes about a millisecond at worst. */
export const HEARD_BURST_MAX = 64
export const HEARD_PER_SECOND_MAX = 16

export class Hearing {
  readonly #context: () => Context
  readonly #book: ProfileBook
  #topics: ReadonlySet<number> = new Set()
  #left = HEARD_BURST_MAX
  #refill: Cancel | undefined
  #isStopped = false

  constructor(context: () => Context, book: ProfileBook) {
    this.#context = context
    this.#book = book
  }

  listen(topics: ReadonlySet<number>): void {
    this.#topics = topics
  }

  heard(topic: number, bytes: Uint8Array): void {
    if (this.#isStopped || !this.#topics.has(topic) || this.#left === 0) return
    this.#left--
    const { clock, log } = this.#context()
    this.#refill ??= clock.after(1_000, () => this.#fill())
    this.#book
      .take({ bytes, topic, isWanted: false })
      .catch((error: unknown) => log.log('warn', 'profile that was heard not kept', { error: String(error) }))
  }

  stop(): void {
    this.#isStopped = true
    this.#refill?.()
  }

  #fill(): void {
    this.#left = Math.min(HEARD_BURST_MAX, this.#left + HEARD_PER_SECOND_MAX)
    this.#refill = undefined
    if (this.#left < HEARD_BURST_MAX) this.#refill = this.#context().clock.after(1_000, () => this.#fill())
  }
}
