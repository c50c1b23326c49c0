/** JSON values that are kept with the account, one change after the other. */
import type { ApiClient } from '@parley/engine'
import { Refusal } from './refusal.ts'
import { VALUE_LETTERS_MAX } from './limits.ts'

/** Runs tasks one after the other, so that none decides by what another is about to change. */
export class OneAtATime {
  #work: Promise<unknown> = Promise.resolve()

  /** Resolves or fails as `task` does; what fails holds nobody up. */
  run<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#work.then(task)
    this.#work = done.catch(() => undefined)
    return done
  }
}

export class KeptValue<T> {
  readonly #client: ApiClient
  readonly #key: string
  readonly #read: (value: unknown) => T
  #current: T | undefined
  readonly #changes = new OneAtATime()

  /** `read` makes the value of whatever was kept; `undefined` when nothing was, or it was damaged. */
  constructor(client: ApiClient, key: string, read: (value: unknown) => T) {
    this.#client = client
    this.#key = key
    this.#read = read
  }

  async get(): Promise<T> {
    if (this.#current !== undefined) return this.#current
    const { value } = await this.#client.call('app.get', { key: this.#key })
    this.#current ??= this.#read(value === null ? undefined : parse(value))
    return this.#current
  }

  /**
   * Replaces the value by what `change` makes of it; the same object: nothing is written. Changes run one at a time.
   * @throws what `change` throws; Refusal 500 when the value would be too long. The value before is kept then.
   */
  update(change: (value: T) => T): Promise<T> {
    return this.#changes.run(async () => {
      const before = await this.get()
      const after = change(before)
      if (after === before) return before
      const text = JSON.stringify(after)
      if (text.length > VALUE_LETTERS_MAX) throw new Refusal(500, 'That is more than this node keeps for you here.')
      await this.#client.call('app.set', { key: this.#key, value: text })
      this.#current = after
      return after
    })
  }
}

function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch {
    return undefined
  }
}

/** Those of a kept list that are texts. */
export const readTexts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
