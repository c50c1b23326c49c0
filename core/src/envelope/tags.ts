/**
 * Tags that only members of an epoch can compute. Message tags change every six hours, the handshake tag lasts as long
 * as the epoch, so that the commit that ends it is found by a device that was away. Spec: ENV-2.
 */
import { concat, utf8 } from '../base/bytes.ts'
import { deriveKey } from '../base/hash.ts'
import { TAG_BUCKET_MS } from '../base/limits.ts'
import type { Millis } from '../base/time.ts'
import { TAG_BYTES } from './outer.ts'

/** MLS exporter labels and the length of what they give. */
export const OUTER_KEY_LABEL = 'parley/outer/1'
export const MAILBOX_SECRET_LABEL = 'parley/mailbox/1'
export const EXPORTED_BYTES = 32

export const tagBucket = (now: Millis): number => Math.floor(now / TAG_BUCKET_MS)

export function messageTag(mailboxSecret: Uint8Array, bucket: number): Uint8Array {
  const number = new Uint8Array(8)
  new DataView(number.buffer).setBigUint64(0, BigInt(bucket))
  return deriveKey(mailboxSecret, concat(utf8('m'), number), TAG_BYTES)
}

export const handshakeTag = (mailboxSecret: Uint8Array): Uint8Array => deriveKey(mailboxSecret, utf8('h'), TAG_BYTES)
