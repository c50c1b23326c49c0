/** One stream of a socket client: what came and was not read yet. Spec: API-20. */
import { EngineError } from './errors.ts'
import type { StreamName } from './schema.ts'

/** Items that wait for a loop which does not come back for them; beyond it the stream fails with `TOO_LARGE`. */
export const CLIENT_ITEMS_MAX = 10_000

export class RemoteStream {
  readonly id: number
  readonly name: StreamName
  readonly params: unknown
  #items: unknown[] = []
  #outcome: { readonly error?: unknown } | undefined
  #changed = Promise.withResolvers<void>()

  constructor(id: number, name: StreamName, params: unknown) {
    this.id = id
    this.name = name
    this.params = params
  }

  take(items: readonly unknown[]): void {
    if (this.#outcome !== undefined) return
    if (this.#items.length + items.length > CLIENT_ITEMS_MAX) {
      this.fail(new EngineError('TOO_LARGE', 'nobody reads this stream'))
      return
    }
    this.#items.push(...items)
    this.#changed.resolve()
  }

  end(): void {
    this.#settle({})
  }

  /** What came before is still read. */
  fail(error: unknown): void {
    this.#settle({ error })
  }

  #settle(outcome: { readonly error?: unknown }): void {
    this.#outcome ??= outcome
    this.#changed.resolve()
  }

  /** Read by one loop. */
  async *items(signal: AbortSignal | undefined): AsyncGenerator {
    for (;;) {
      const items = this.#items
      this.#items = []
      for (const item of items) {
        yield item
        signal?.throwIfAborted()
      }
      if (this.#items.length > 0) continue
      if (this.#outcome !== undefined) break
      await this.#changed.promise
      this.#changed = Promise.withResolvers()
    }
    if ('error' in this.#outcome) throw this.#outcome.error
  }
}
