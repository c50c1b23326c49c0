/** Secrets and keys of pointers: whoever lacks the secret can neither compute the key nor write under it. Spec: PTR-3. */
import { assert } from '../base/assert.ts'
import { concat, framed, utf8 } from '../base/bytes.ts'
import { deriveKey, sha256 } from '../base/hash.ts'
import { KEY_PREFIX_BYTES, POINTER_SLOTS } from '../base/limits.ts'
import { KEY_BYTES } from '../identity/signed-record.ts'
import { uint32 } from './fields.ts'

export interface PointerSecret {
  /** Ed25519 seed that signs the record. */
  readonly seed: Uint8Array
  /** Encrypts what the record says. */
  readonly payloadKey: Uint8Array
}

/** Of one slot of the ring of the device at `leaf` in the epoch of `mailboxSecret` (MAILBOX_SECRET_LABEL). PTR-3 */
export function chainSecret(mailboxSecret: Uint8Array, leaf: number, slot: number): PointerSecret {
  assert(slot >= 0 && slot < POINTER_SLOTS, 'a ring has POINTER_SLOTS slots')
  return secretOf(mailboxSecret, concat(utf8('pointer'), uint32(leaf), uint32(slot)))
}

/** Of the pointer to the bundle of an invite's maker. PTR-8 */
export const invitePointerSecret = (inviteSecret: Uint8Array): PointerSecret =>
  secretOf(inviteSecret, utf8('parley/invite/pointer/1'))

function secretOf(secret: Uint8Array, info: Uint8Array): PointerSecret {
  const both = deriveKey(secret, info, 2 * KEY_BYTES)
  return { seed: both.slice(0, KEY_BYTES), payloadKey: both.slice(KEY_BYTES) }
}

/** Where the records of this public key (of {@link PointerSecret.seed}) are: 32 bytes. PTR-1 */
export const pointerKey = (publicKey: Uint8Array): Uint8Array => sha256(framed(utf8('parley/pointer-key/1'), publicKey))

/** The part of a key that is asked for and hinted at; a copy. */
export const keyPrefix = (key: Uint8Array): Uint8Array => key.slice(0, KEY_PREFIX_BYTES)
