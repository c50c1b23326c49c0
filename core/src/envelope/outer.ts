/**
 * The outer envelope around everything that a conversation puts on a wire or into storage:
 * `0x01 ‖ tag (16) ‖ nonce (24) ‖ XChaCha20-Poly1305(outer key of the epoch, aad = 0x01 ‖ tag, padded payload)`.
 * An outsider sees random bytes of one of seven sizes: no group, no epoch, no type. Spec: ENV-1…ENV-5.
 */
import { concat } from '../base/bytes.ts'
import type { CryptoPort } from '../base/crypto.ts'
import { isBucketSize, pad, unpad } from './padding.ts'
import { envelopeTag, TAG_BYTES, type Tagged } from './tags.ts'

export const OUTER_VERSION = 0x01
const NONCE_BYTES = 24
const HEADER_BYTES = 1 + TAG_BYTES
const OVERHEAD_BYTES = HEADER_BYTES + NONCE_BYTES + 16

export type OuterPayloadKind = 'mls' | 'control'
const KINDS: Readonly<Record<OuterPayloadKind, number>> = { mls: 0x01, control: 0x02 }

export interface OuterPayload {
  readonly kind: OuterPayloadKind
  readonly body: Uint8Array
}

type Seal = Pick<CryptoPort, 'xchacha20poly1305'>

/** `nonce`: 24 fresh random bytes. `undefined` when the body fits no bucket. */
export function sealOuter(
  { xchacha20poly1305 }: Seal,
  keys: { readonly key: Uint8Array; readonly mailboxSecret: Uint8Array; readonly nonce: Uint8Array },
  payload: OuterPayload,
): Uint8Array | undefined {
  const header = concat(Uint8Array.of(OUTER_VERSION), envelopeTag(keys.mailboxSecret, keys.nonce))
  const padded = pad(OVERHEAD_BYTES, Uint8Array.of(KINDS[payload.kind]), payload.body)
  if (padded === undefined) return undefined
  return concat(header, keys.nonce, xchacha20poly1305.seal(keys.key, keys.nonce, header, padded))
}

/** Tag and nonce of a well-shaped outer envelope; views into `bytes`. `undefined` for any other bytes. */
export function tagOf(bytes: Uint8Array): Tagged | undefined {
  if (bytes[0] !== OUTER_VERSION || !isBucketSize(bytes.length)) return undefined
  return { tag: bytes.subarray(1, HEADER_BYTES), nonce: bytes.subarray(HEADER_BYTES, HEADER_BYTES + NONCE_BYTES) }
}

/** `undefined` when the bytes are not an outer envelope, not under this key, or padded wrongly. Never throws. */
export function openOuter({ xchacha20poly1305 }: Seal, key: Uint8Array, bytes: Uint8Array): OuterPayload | undefined {
  const tagged = tagOf(bytes)
  if (tagged === undefined) return undefined
  const header = bytes.subarray(0, HEADER_BYTES)
  const { nonce } = tagged
  const padded = xchacha20poly1305.open(key, nonce, header, bytes.subarray(HEADER_BYTES + NONCE_BYTES))
  const payload = padded === undefined ? undefined : unpad(padded)
  const kind = payload?.[0] === KINDS.mls ? 'mls' : payload?.[0] === KINDS.control ? 'control' : undefined
  return payload && kind ? { kind, body: payload.subarray(1) } : undefined
}
