/**
 * Frames of one link, deterministic CBOR arrays. Before authentication only `auth` is allowed; afterwards anything
 * else. A frame of an unknown type is ignored, so that later versions may add some; a malformed frame closes the
 * link. Spec: WIRE-1…WIRE-6.
 */
import { decodeCbor, encodeCbor, isBytes, isList, isText, isUint } from '../base/cbor.ts'
import {
  BUNDLE_BYTES_MAX,
  ENVELOPE_BYTES_MAX,
  ENVELOPE_ID_BYTES,
  FRAME_BYTES_MAX,
  FRAME_ENVELOPE_IDS_MAX,
} from '../base/limits.ts'

export type Frame =
  | { readonly type: 'auth'; readonly flight: Uint8Array }
  | { readonly type: 'bundle.get' }
  | { readonly type: 'bundle'; readonly bundle: Uint8Array }
  /** One sealed (0x02) or outer (0x01) envelope. Answered by `ack` once durable, or by `refuse`. */
  | { readonly type: 'envelope'; readonly bytes: Uint8Array }
  | { readonly type: 'ack'; readonly ids: readonly Uint8Array[] }
  /** These cannot be read here and never will be; sending the same bytes again is useless. */
  | { readonly type: 'refuse'; readonly ids: readonly Uint8Array[]; readonly reason: string }
  | { readonly type: 'unknown' }

const AUTH = 0
const BUNDLE_GET = 1
const BUNDLE = 2
const ENVELOPE = 3
const ACK = 4
const REFUSE = 5
const REASON_LENGTH_MAX = 32

/**
 * The name by which both ends acknowledge an envelope: its last 16 bytes, the authentication tag of the seal, which
 * depends on every other byte of it. A copy. WIRE-4
 */
export const envelopeId = (bytes: Uint8Array): Uint8Array => bytes.slice(-ENVELOPE_ID_BYTES)

export function encodeFrame(frame: Exclude<Frame, { type: 'unknown' }>): Uint8Array {
  switch (frame.type) {
    case 'auth':
      return encodeCbor([AUTH, frame.flight])
    case 'bundle.get':
      return encodeCbor([BUNDLE_GET])
    case 'bundle':
      return encodeCbor([BUNDLE, frame.bundle])
    case 'envelope':
      return encodeCbor([ENVELOPE, frame.bytes])
    case 'ack':
      return encodeCbor([ACK, [...frame.ids]])
    case 'refuse':
      return encodeCbor([REFUSE, [...frame.ids], frame.reason])
  }
}

/** @returns `undefined` for malformed bytes; the link that carried them is to be closed. */
export function decodeFrame(bytes: Uint8Array): Frame | undefined {
  if (bytes.length > FRAME_BYTES_MAX) return undefined
  const value = decodeCbor(bytes)
  if (!isList(value) || !isUint(value[0], 0xffff)) return undefined
  const [type, first, second] = value
  switch (type) {
    case AUTH:
      return isBytes(first) && value.length === 2 ? { type: 'auth', flight: first } : undefined
    case BUNDLE_GET:
      return value.length === 1 ? { type: 'bundle.get' } : undefined
    case BUNDLE:
      return isBytes(first) && first.length <= BUNDLE_BYTES_MAX && value.length === 2
        ? { type: 'bundle', bundle: first }
        : undefined
    case ENVELOPE:
      return isEnvelope(first) && value.length === 2 ? { type: 'envelope', bytes: first } : undefined
    case ACK:
      return isIdList(first) && value.length === 2 ? { type: 'ack', ids: first } : undefined
    case REFUSE:
      return isIdList(first) && isText(second, REASON_LENGTH_MAX) && value.length === 3
        ? { type: 'refuse', ids: first, reason: second }
        : undefined
    default:
      return { type: 'unknown' }
  }
}

const isEnvelope = (value: unknown): value is Uint8Array =>
  isBytes(value) && value.length >= ENVELOPE_ID_BYTES && value.length <= ENVELOPE_BYTES_MAX

const isIdList = (value: unknown): value is readonly Uint8Array[] =>
  isList(value, FRAME_ENVELOPE_IDS_MAX) && value.every((id) => isBytes(id, ENVELOPE_ID_BYTES))
