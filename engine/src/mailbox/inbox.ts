/** Where strangers leave mail for us: a bucket a day for each inbox key that may still be in use. Spec: PTR-7, OFF-13. */
import {
  CLOCK_SKEW_MAX_MS,
  DAY_MS,
  dayOf,
  equalBytes,
  inboxBucketKey,
  inboxKeyId,
  keyPrefix,
  topicOfKey,
  WAITING_LIFETIME_MS,
} from '@parley/core'
import { inboxKeyNames, inboxKeys } from '../account/bundle.ts'
import type { Context } from '../context.ts'

export class Inbox {
  readonly #context: () => Context
  /** Ids of the keys under these names: making keys from their seeds at every look costs more than the look. */
  #ids: { readonly names: string; readonly ids: readonly Uint8Array[] } = { names: '', ids: [] }
  /** Buckets in which mail may be left now. */
  #current: readonly Uint8Array[] = []

  constructor(context: () => Context) {
    this.#context = context
  }

  /** `near`: buckets of today; `full`: of every day on which something may have been left that still waits. */
  async keys(scope: 'near' | 'full'): Promise<readonly Uint8Array[]> {
    const now = this.#context().clock.now()
    const ids = await this.#keyIds()
    const bucketsSince = (start: number): readonly Uint8Array[] => {
      const keys: Uint8Array[] = []
      for (let day = dayOf(start); day <= dayOf(now + CLOCK_SKEW_MAX_MS); day++) {
        for (const id of ids) keys.push(inboxBucketKey(id, day))
      }
      return keys
    }
    this.#current = bucketsSince(now - CLOCK_SKEW_MAX_MS)
    return scope === 'near' ? this.#current : bucketsSince(now - WAITING_LIFETIME_MS - DAY_MS)
  }

  async #keyIds(): Promise<readonly Uint8Array[]> {
    const names = inboxKeyNames(this.#context()).join()
    if (names !== this.#ids.names) {
      const keys = await inboxKeys(this.#context())
      this.#ids = { names, ids: keys.map(({ publicKey }) => inboxKeyId(publicKey)) }
    }
    return this.#ids.ids
  }

  topics(): readonly number[] {
    return this.#current.map(topicOfKey)
  }

  /** Whether a hint may be about mail for us. */
  isOurs(topic: number, prefix: Uint8Array): boolean {
    return this.#current.some((key) => topicOfKey(key) === topic && equalBytes(keyPrefix(key), prefix))
  }
}
