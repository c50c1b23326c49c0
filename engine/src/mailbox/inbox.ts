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
import { inboxKeys } from '../account/bundle.ts'
import type { Context } from '../context.ts'

export class Inbox {
  readonly #context: () => Context
  /** Buckets in which mail may be left now. */
  #current: readonly Uint8Array[] = []

  constructor(context: () => Context) {
    this.#context = context
  }

  /** `near`: buckets of today; `full`: of every day on which something may have been left that still waits. */
  async keys(scope: 'near' | 'full'): Promise<readonly Uint8Array[]> {
    const now = this.#context().clock.now()
    const ids = (await inboxKeys(this.#context())).map(({ publicKey }) => inboxKeyId(publicKey))
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

  topics(): readonly number[] {
    return this.#current.map(topicOfKey)
  }

  /** Whether a hint may be about mail for us. */
  isOurs(topic: number, prefix: Uint8Array): boolean {
    return this.#current.some((key) => topicOfKey(key) === topic && equalBytes(keyPrefix(key), prefix))
  }
}
