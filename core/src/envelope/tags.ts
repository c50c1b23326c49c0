/**
 * Tags by which a member knows the epoch of an envelope, a different one each time: two envelopes of one conversation
 * have nothing in common for anybody else. Spec: ENV-2.
 */
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concat, equalBytes, utf8 } from '../base/bytes.ts'

/** MLS exporter labels and the length of what they give. */
export const OUTER_KEY_LABEL = 'parley/outer/1'
export const MAILBOX_SECRET_LABEL = 'parley/mailbox/1'
export const EXPORTED_BYTES = 32
export const TAG_BYTES = 16
const TAG_LABEL = utf8('tag')

/** The tag (TAG_BYTES) of the envelope with this nonce. RFC 2104. */
export const envelopeTag = (mailboxSecret: Uint8Array, nonce: Uint8Array): Uint8Array =>
  hmac(sha256, mailboxSecret, concat(TAG_LABEL, nonce)).slice(0, TAG_BYTES)

/** Whether an envelope with this tag and nonce was sealed in the epoch of `mailboxSecret`. */
export const isTaggedBy = (mailboxSecret: Uint8Array, { tag, nonce }: Tagged): boolean =>
  equalBytes(envelopeTag(mailboxSecret, nonce), tag)

export interface Tagged {
  readonly tag: Uint8Array
  readonly nonce: Uint8Array
}
