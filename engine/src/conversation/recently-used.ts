/** A bounded memory that gives up what was used least recently, and never what something still depends on. */
export class RecentlyUsed<T> {
  readonly #max: number
  readonly #isPinned: (key: string) => boolean
  /** The least recently used first. */
  readonly #values = new Map<string, T>()

  /** `isPinned`: such a value stays, even if that makes more than `max` of them; {@link trim} once they are free again. */
  constructor(max: number, isPinned: (key: string) => boolean) {
    this.#max = max
    this.#isPinned = isPinned
  }

  /** Does not count as a use. */
  peek(key: string): T | undefined {
    return this.#values.get(key)
  }

  /** Puts `value` in place of what `key` had; that is its most recent use. It stays until the next use of another one. */
  use(key: string, value: T): void {
    this.#values.delete(key)
    this.#values.set(key, value)
    this.trim(key)
  }

  /** Forgets down to the bound, but for what is pinned and `used`. */
  trim(used?: string): void {
    if (this.#values.size <= this.#max) return
    for (const key of this.#values.keys()) {
      if (this.#values.size <= this.#max) return
      if (key !== used && !this.#isPinned(key)) this.#values.delete(key)
    }
  }
}
