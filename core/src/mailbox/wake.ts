/** Hints that something new waits. Nobody may rely on one. Spec: MBX-5, MBX-6. */
import { assert } from '../base/assert.ts'
import { concat, utf8 } from '../base/bytes.ts'
import { deriveKey } from '../base/hash.ts'
import { KEY_PREFIX_BYTES, WAKE_BYTES_MAX } from '../base/limits.ts'
import { uint32 } from './fields.ts'
import { keyPrefix } from './pointer-keys.ts'

/** The topic (0 … WAKE_TOPICS − 1) of the chains of an epoch on `day`. MBX-6 */
export const wakeTopic = (mailboxSecret: Uint8Array, day: number): number =>
  deriveKey(mailboxSecret, concat(utf8('wake'), uint32(day)), 1)[0] ?? 0

/** The topic of an inbox bucket, by its key. MBX-6 */
export const topicOfKey = (key: Uint8Array): number => key[0] ?? 0

/** Keys that one hint can name. */
export const HINT_KEYS_MAX = Math.floor(WAKE_BYTES_MAX / KEY_PREFIX_BYTES)

/** @throws AssertionError unless there are 1 … HINT_KEYS_MAX keys. */
export function encodeHint(keys: readonly Uint8Array[]): Uint8Array {
  assert(keys.length > 0 && keys.length <= HINT_KEYS_MAX, 'a hint names a bounded number of keys')
  return concat(...keys.map(keyPrefix))
}

/** Whether to pass it on. MBX-5 */
export const isHint = (bytes: Uint8Array): boolean =>
  bytes.length > 0 && bytes.length <= WAKE_BYTES_MAX && bytes.length % KEY_PREFIX_BYTES === 0

/** Prefixes of keys, copies; `undefined` when it is no hint. */
export function decodeHint(bytes: Uint8Array): readonly Uint8Array[] | undefined {
  if (!isHint(bytes)) return undefined
  return Array.from({ length: bytes.length / KEY_PREFIX_BYTES }, (_, index) =>
    bytes.slice(index * KEY_PREFIX_BYTES, (index + 1) * KEY_PREFIX_BYTES),
  )
}
