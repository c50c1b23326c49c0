/** What is asked of a holder. Spec: MBX-4. */
import { type CborValue, decodeCbor, encodeCbor, isBytes, isList, isUint } from '../base/cbor.ts'
import {
  AVATAR_BYTES_MAX,
  ENVELOPE_BYTES_MAX,
  KEY_PREFIX_BYTES,
  MAILBOX_BLOCKS_MAX,
  MAILBOX_KEYS_MAX,
  MAILBOX_POINTERS_MAX,
  POINTER_BYTES_MAX,
  PROFILE_BYTES_MAX,
  PROFILE_NAMES_MAX,
} from '../base/limits.ts'
import { exhaustive } from '../base/result.ts'
import { HASH_BYTES } from '../identity/signed-record.ts'
import { decodeByteList, encodeByteList, isByteList } from './byte-list.ts'
import { isBlockCid } from './cid.ts'
import { bytesListOf, cidsOf, MAILBOX_BODY_BYTES_MAX } from './fields.ts'

/** A block by its CID (CID_BYTES) and its size in bytes. */
export interface NamedBlock {
  readonly cid: Uint8Array
  readonly size: number
}

export const CHALLENGE_NONCE_BYTES = 32

/** Lists have at most MAILBOX_BLOCKS_MAX blocks or CIDs, MAILBOX_POINTERS_MAX records, MAILBOX_KEYS_MAX prefixes. */
export type MailboxRequest =
  | { readonly type: 'info' }
  /** Announces blocks; the answer says which to send. */
  | { readonly type: 'store'; readonly blocks: readonly NamedBlock[] }
  /** Announced blocks; see {@link fittingItems} for how many of them one request carries. Decoded: views into the bytes. */
  | { readonly type: 'blocks'; readonly blocks: readonly Uint8Array[] }
  | { readonly type: 'fetch'; readonly cids: readonly Uint8Array[] }
  | { readonly type: 'drop'; readonly cids: readonly Uint8Array[] }
  /** `nonce`: CHALLENGE_NONCE_BYTES fresh random bytes. */
  | { readonly type: 'challenge'; readonly nonce: Uint8Array; readonly cids: readonly Uint8Array[] }
  | { readonly type: 'point'; readonly records: readonly Uint8Array[] }
  /** First KEY_PREFIX_BYTES of keys. */
  | { readonly type: 'find'; readonly prefixes: readonly Uint8Array[] }
  /** A public profile record, and its picture where the holder may not have it yet. */
  | { readonly type: 'profile.put'; readonly record: Uint8Array; readonly avatar: Uint8Array | undefined }
  /** Digests (32 bytes) of root keys, at most PROFILE_NAMES_MAX. */
  | { readonly type: 'profile.get'; readonly digests: readonly Uint8Array[] }

/** The order is the number on the wire, from 1. */
const TYPES = [
  'info',
  'store',
  'blocks',
  'fetch',
  'drop',
  'challenge',
  'point',
  'find',
  'profile.put',
  'profile.get',
] as const

const BLOCKS = TYPES.indexOf('blocks') + 1

export function encodeRequest(request: MailboxRequest): Uint8Array {
  if (request.type === 'blocks') return encodeByteList(BLOCKS, request.blocks)
  return encodeCbor([TYPES.indexOf(request.type) + 1, ...fieldsOf(request)])
}

function fieldsOf(request: Exclude<MailboxRequest, { readonly type: 'blocks' }>): readonly CborValue[] {
  switch (request.type) {
    case 'info':
      return []
    case 'store':
      return [request.blocks.map(({ cid, size }) => [cid, size])]
    case 'fetch':
    case 'drop':
      return [request.cids]
    case 'challenge':
      return [request.nonce, request.cids]
    case 'point':
      return [request.records]
    case 'find':
      return [request.prefixes]
    case 'profile.put':
      return [request.record, request.avatar ?? null]
    case 'profile.get':
      return [request.digests]
    default:
      return exhaustive(request)
  }
}

const FIELDS: Readonly<Record<Exclude<MailboxRequest['type'], 'blocks'>, number>> = {
  info: 0,
  store: 1,
  fetch: 1,
  drop: 1,
  challenge: 2,
  point: 1,
  find: 1,
  'profile.put': 2,
  'profile.get': 1,
}

/** `undefined` for anything that {@link encodeRequest} does not give for a request within its limits. */
export function decodeRequest(bytes: Uint8Array): MailboxRequest | undefined {
  if (bytes.length > MAILBOX_BODY_BYTES_MAX) return undefined
  if (isByteList(BLOCKS, bytes)) {
    const blocks = decodeByteList(BLOCKS, bytes, MAILBOX_BLOCKS_MAX, ENVELOPE_BYTES_MAX)
    return blocks && { type: 'blocks', blocks }
  }
  const value = decodeCbor(bytes)
  if (!isList(value, 3)) return undefined
  const [number, first, second] = value
  const type = isUint(number, TYPES.length) ? TYPES[number - 1] : undefined
  if (type === undefined || type === 'blocks') return undefined
  if (value.length !== 1 + FIELDS[type]) return undefined
  return requestOf(type, first, second)
}

function requestOf(
  type: Exclude<MailboxRequest['type'], 'blocks'>,
  first: CborValue | undefined,
  second: CborValue | undefined,
): MailboxRequest | undefined {
  switch (type) {
    case 'info':
      return { type }
    case 'store': {
      const blocks = namedBlocksOf(first)
      return blocks && { type, blocks }
    }
    case 'fetch':
    case 'drop': {
      const cids = cidsOf(first)
      return cids && { type, cids }
    }
    case 'challenge': {
      const cids = cidsOf(second)
      return isBytes(first, CHALLENGE_NONCE_BYTES) && cids ? { type, nonce: first, cids } : undefined
    }
    case 'point': {
      const records = bytesListOf(first, MAILBOX_POINTERS_MAX, POINTER_BYTES_MAX)
      return records && { type, records }
    }
    case 'find': {
      const prefixes = bytesListOf(first, MAILBOX_KEYS_MAX, KEY_PREFIX_BYTES)
      return prefixes?.every((prefix) => prefix.length === KEY_PREFIX_BYTES) ? { type, prefixes } : undefined
    }
    case 'profile.put': {
      if (!isBytes(first) || first.length > PROFILE_BYTES_MAX) return undefined
      if (second === null) return { type, record: first, avatar: undefined }
      return isBytes(second) && second.length <= AVATAR_BYTES_MAX ? { type, record: first, avatar: second } : undefined
    }
    case 'profile.get': {
      const digests = bytesListOf(first, PROFILE_NAMES_MAX, HASH_BYTES)
      return digests?.every((digest) => digest.length === HASH_BYTES) ? { type, digests } : undefined
    }
    default:
      return exhaustive(type)
  }
}

function namedBlocksOf(value: CborValue | undefined): readonly NamedBlock[] | undefined {
  if (!isList(value, MAILBOX_BLOCKS_MAX)) return undefined
  const blocks: NamedBlock[] = []
  for (const item of value) {
    if (!isList(item, 2) || item.length !== 2) return undefined
    const [cid, size] = item
    if (!isBlockCid(cid) || !isUint(size)) return undefined
    blocks.push({ cid, size })
  }
  return blocks
}

/** True for a request of a later version: a list that begins with a number that is none of ours. MBX-2 */
export function isUnknownRequest(bytes: Uint8Array): boolean {
  if (bytes.length > MAILBOX_BODY_BYTES_MAX) return false
  const value = decodeCbor(bytes)
  return isList(value) && isUint(value[0]) && TYPES[value[0] - 1] === undefined
}
