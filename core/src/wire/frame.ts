/**
 * Frames of one link, deterministic CBOR arrays. Before authentication only `auth` is allowed; afterwards anything
 * else. A frame of an unknown type is ignored, so that later versions may add some; a malformed frame closes the
 * link. Spec: WIRE-1…WIRE-6.
 */
import { type CborValue, decodeCbor, encodeCbor, isBytes, isList, isText, isUint } from '../base/cbor.ts'
import {
  AVATAR_BYTES_MAX,
  BUNDLE_BYTES_MAX,
  ENVELOPE_BYTES_MAX,
  ENVELOPE_ID_BYTES,
  FRAME_BYTES_MAX,
  FRAME_ENVELOPE_IDS_MAX,
  PROFILE_BYTES_MAX,
} from '../base/limits.ts'
import type { Millis } from '../base/time.ts'
import { isBlockCid } from '../mailbox/cid.ts'

export type Frame =
  | { readonly type: 'auth'; readonly flight: Uint8Array }
  | { readonly type: 'bundle.get' }
  | { readonly type: 'bundle'; readonly bundle: Uint8Array }
  /** One sealed (0x02) or outer (0x01) envelope. Answered by `ack` once durable, or by `refuse`. */
  | { readonly type: 'envelope'; readonly bytes: Uint8Array }
  | { readonly type: 'ack'; readonly ids: readonly Uint8Array[] }
  /** These cannot be read here and never will be; sending the same bytes again is useless. */
  | { readonly type: 'refuse'; readonly ids: readonly Uint8Array[]; readonly reason: string }
  /** Asks for the own profile of the other end; `have` is the sequence that is held here, 0 for none. PFX-1 */
  | { readonly type: 'profile.get'; readonly have: number }
  /** The own profile of the sender; `undefined` answers that there is nothing newer, or nothing to be told. PFX-1 */
  | { readonly type: 'profile'; readonly record: Uint8Array | undefined }
  | { readonly type: 'avatar.get'; readonly cid: Uint8Array }
  /** `image` is `undefined` where it is not there. */
  | { readonly type: 'avatar'; readonly cid: Uint8Array; readonly image: Uint8Array | undefined }
  /** `seenAt`: when the sender was last at it; 0 with `hidden`. PRS-2 */
  | { readonly type: 'presence'; readonly status: PresenceStatus; readonly seenAt: Millis }
  | { readonly type: 'unknown' }

/** What one says of oneself. That somebody is offline is nothing that they say. */
export type PresenceStatus = 'hidden' | 'online' | 'away'

/** The order is the number on the wire, from 0. */
const PRESENCES = ['hidden', 'online', 'away'] as const

const AUTH = 0
const BUNDLE_GET = 1
const BUNDLE = 2
const ENVELOPE = 3
const ACK = 4
const REFUSE = 5
const PROFILE_GET = 6
const PROFILE = 7
const AVATAR_GET = 8
const AVATAR = 9
const PRESENCE = 10
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
    case 'profile.get':
      return encodeCbor([PROFILE_GET, frame.have])
    case 'profile':
      return encodeCbor([PROFILE, frame.record ?? null])
    case 'avatar.get':
      return encodeCbor([AVATAR_GET, frame.cid])
    case 'avatar':
      return encodeCbor([AVATAR, frame.cid, frame.image ?? null])
    case 'presence':
      return encodeCbor([PRESENCE, PRESENCES.indexOf(frame.status), frame.seenAt])
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
      return type <= PRESENCE ? decodeProfileFrame(value) : { type: 'unknown' }
  }
}

/** Frames about the sender itself: what it says of itself, how it looks, whether it is there. */
function decodeProfileFrame([type, first, second, ...more]: readonly CborValue[]): Frame | undefined {
  if (first === undefined || more.length > 0) return undefined
  if (second === undefined) {
    if (type === PROFILE_GET) return isUint(first) ? { type: 'profile.get', have: first } : undefined
    if (type === AVATAR_GET) return isBlockCid(first) ? { type: 'avatar.get', cid: first } : undefined
    if (type !== PROFILE) return undefined
    if (first === null) return { type: 'profile', record: undefined }
    return isPart(first, PROFILE_BYTES_MAX) ? { type: 'profile', record: first } : undefined
  }
  if (type === AVATAR && isBlockCid(first)) {
    if (second === null) return { type: 'avatar', cid: first, image: undefined }
    return isPart(second, AVATAR_BYTES_MAX) ? { type: 'avatar', cid: first, image: second } : undefined
  }
  const status = type === PRESENCE && isUint(first) ? PRESENCES[first] : undefined
  return status !== undefined && isUint(second) ? { type: 'presence', status, seenAt: second } : undefined
}

const isPart = (value: unknown, bytesMax: number): value is Uint8Array => isBytes(value) && value.length <= bytesMax

const isEnvelope = (value: unknown): value is Uint8Array =>
  isBytes(value) && value.length >= ENVELOPE_ID_BYTES && value.length <= ENVELOPE_BYTES_MAX

const isIdList = (value: unknown): value is readonly Uint8Array[] =>
  isList(value, FRAME_ENVELOPE_IDS_MAX) && value.every((id) => isBytes(id, ENVELOPE_ID_BYTES))
