/** Where first contact waits: buckets that change every day and that many inboxes share. Spec: PTR-7. */
import { framed, utf8 } from '../base/bytes.ts'
import { sha256 } from '../base/hash.ts'
import { INBOX_BUCKET_BITS, WAKE_ROTATION_MS } from '../base/limits.ts'
import type { Millis } from '../base/time.ts'
import { uint32 } from './fields.ts'

/** The number of the day on which buckets and topics are in use. MBX-6 */
export const dayOf = (now: Millis): number => Math.floor(now / WAKE_ROTATION_MS)

/** The key (32 bytes) of the bucket in which mail for this inbox key waits that was left on `day`. */
export function inboxBucketKey(inboxKeyId: Uint8Array, day: number): Uint8Array {
  const digest = sha256(framed(utf8('parley/inbox/1'), inboxKeyId, uint32(day)))
  const bucket = new DataView(digest.buffer, digest.byteOffset).getUint16(0) >>> (16 - INBOX_BUCKET_BITS)
  const number = new Uint8Array(2)
  new DataView(number.buffer).setUint16(0, bucket)
  return sha256(framed(utf8('parley/inbox-bucket/1'), number, uint32(day)))
}
