/**
 * Names under which those who know each other find each other on a local network: they say nothing to anybody else, and
 * change every LOCAL_TAG_ROTATION_MS. Spec: NET-15.
 */
import { concat, toHex, utf8 } from '../base/bytes.ts'
import { deriveKey } from '../base/hash.ts'
import { LOCAL_TAG_ROTATION_MS } from '../base/limits.ts'
import type { Millis } from '../base/time.ts'
import { uint32 } from '../mailbox/fields.ts'

const TAG_BYTES = 16

/** The number of the period in which a tag is asked for. */
export const localPeriodOf = (now: Millis): number => Math.floor(now / LOCAL_TAG_ROTATION_MS)

/** Of the device at `leaf`, for those who share the epoch of `mailboxSecret` with it: 32 hexadecimal letters. */
export const contactTag = (mailboxSecret: Uint8Array, leaf: number, period: number): string =>
  toHex(deriveKey(mailboxSecret, concat(utf8('parley/local/contact/1'), uint32(leaf), uint32(period)), TAG_BYTES))

/** Of the maker of an invite, for those who have it. */
export const inviteTag = (inviteSecret: Uint8Array, period: number): string =>
  toHex(deriveKey(inviteSecret, concat(utf8('parley/local/invite/1'), uint32(period)), TAG_BYTES))
