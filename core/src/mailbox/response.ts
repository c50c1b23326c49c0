/** What a holder answers. Spec: HLD-1. */
import { type CborValue, decodeCbor, encodeCbor, isBytes, isList, isUint } from '../base/cbor.ts'
import {
  ENVELOPE_BYTES_MAX,
  FRAME_BYTES_MAX,
  MAILBOX_BLOCKS_MAX,
  MAILBOX_POINTERS_MAX,
  POINTER_BUCKETS_BYTES,
  POINTER_BYTES_MAX,
  PROFILE_BYTES_MAX,
  PROFILE_NAMES_MAX,
  WORK_BITS_MAX,
} from '../base/limits.ts'
import { exhaustive } from '../base/result.ts'
import type { Millis } from '../base/time.ts'
import { HASH_BYTES, SIGNATURE_BYTES } from '../identity/signed-record.ts'
import { decodeByteList, encodeByteList, isByteList } from './byte-list.ts'
import { bytesListOf, cidsOf, MAILBOX_BODY_BYTES_MAX } from './fields.ts'

const REASONS = ['malformed', 'unsupported', 'full', 'too-many'] as const
export type MailboxRefusal = (typeof REASONS)[number]

/** The order is the number on the wire, from 0. */
const STATUSES = ['kept', 'older', 'refused', 'full'] as const
export type PointStatus = (typeof STATUSES)[number]

/** A holder's word that it has these blocks, durably, until `expiresAt`; see `verifyReceipt`. HLD-4 */
export interface Receipt {
  readonly cids: readonly Uint8Array[]
  readonly expiresAt: Millis
  readonly signature: Uint8Array
}

export type MailboxResponse =
  /** The whole request is refused; nothing was done. */
  | { readonly type: 'refused'; readonly reason: MailboxRefusal }
  /** `workBits`: what a worked record needs here. `bytesFree`: of this holder, for everybody together. */
  | { readonly type: 'info'; readonly workBits: number; readonly bytesFree: number; readonly isPushNode: boolean }
  /**
   * `cids`: send these. `receipt`: for those it holds already. What is in neither it does not take: no room, or no size
   * of an envelope.
   */
  | { readonly type: 'missing'; readonly cids: readonly Uint8Array[]; readonly receipt: Receipt | undefined }
  /** For those of the blocks that it holds now; another one was not announced, or found no room. */
  | ({ readonly type: 'receipt' } & Receipt)
  /** In the order asked for. Ask again for what was asked for behind the last one, until none comes. */
  | { readonly type: 'blocks'; readonly blocks: readonly Uint8Array[] }
  | { readonly type: 'done' }
  /** One for each CID asked about; empty where it has no such block. */
  | { readonly type: 'digests'; readonly digests: readonly Uint8Array[] }
  /** One for each record. */
  | { readonly type: 'statuses'; readonly statuses: readonly PointStatus[] }
  /** All records of a prefix or none, in the order asked for. Ask again for the prefixes behind the last one's. */
  | { readonly type: 'records'; readonly records: readonly Uint8Array[] }
  /** Public profile records in the order asked for. Ask again for the digests behind the last one's, until none comes. */
  | { readonly type: 'profiles'; readonly records: readonly Uint8Array[] }

/** The order is the number on the wire, from 0. */
const TYPES = [
  'refused',
  'info',
  'missing',
  'receipt',
  'blocks',
  'done',
  'digests',
  'statuses',
  'records',
  'profiles',
] as const
/** Records that one response can carry: no record is smaller than the smallest bucket. */
export const MAILBOX_FOUND_MAX = Math.floor(FRAME_BYTES_MAX / POINTER_BUCKETS_BYTES[0])

/** Those that may be as large as a frame are `[number, [bytes, …]]`. */
const BLOCKS = TYPES.indexOf('blocks')
const RECORDS = TYPES.indexOf('records')
const PROFILES = TYPES.indexOf('profiles')

export function encodeResponse(response: MailboxResponse): Uint8Array {
  if (response.type === 'blocks') return encodeByteList(BLOCKS, response.blocks)
  if (response.type === 'records') return encodeByteList(RECORDS, response.records)
  if (response.type === 'profiles') return encodeByteList(PROFILES, response.records)
  return encodeCbor([TYPES.indexOf(response.type), ...fieldsOf(response)])
}

type SmallResponse = Exclude<MailboxResponse, { readonly type: 'blocks' | 'records' | 'profiles' }>

function fieldsOf(response: SmallResponse): readonly CborValue[] {
  switch (response.type) {
    case 'refused':
      return [response.reason]
    case 'info':
      return [response.workBits, response.bytesFree, response.isPushNode]
    case 'missing':
      return [response.cids, response.receipt === undefined ? null : receiptFields(response.receipt)]
    case 'receipt':
      return receiptFields(response)
    case 'done':
      return []
    case 'digests':
      return [response.digests]
    case 'statuses':
      return [response.statuses.map((status) => STATUSES.indexOf(status))]
    default:
      return exhaustive(response)
  }
}

const receiptFields = ({ cids, expiresAt, signature }: Receipt): readonly CborValue[] => [cids, expiresAt, signature]

const FIELDS: Readonly<Record<SmallResponse['type'], number>> = {
  refused: 1,
  info: 3,
  missing: 2,
  receipt: 3,
  done: 0,
  digests: 1,
  statuses: 1,
}

/** `undefined` for anything that {@link encodeResponse} does not give for a response within its limits. */
export function decodeResponse(bytes: Uint8Array): MailboxResponse | undefined {
  if (bytes.length > MAILBOX_BODY_BYTES_MAX) return undefined
  if (isByteList(BLOCKS, bytes)) {
    const blocks = copies(decodeByteList(BLOCKS, bytes, MAILBOX_BLOCKS_MAX, ENVELOPE_BYTES_MAX))
    return blocks && { type: 'blocks', blocks }
  }
  if (isByteList(RECORDS, bytes)) {
    const records = copies(decodeByteList(RECORDS, bytes, MAILBOX_FOUND_MAX, POINTER_BYTES_MAX))
    return records && { type: 'records', records }
  }
  if (isByteList(PROFILES, bytes)) {
    const records = copies(decodeByteList(PROFILES, bytes, PROFILE_NAMES_MAX, PROFILE_BYTES_MAX))
    return records && { type: 'profiles', records }
  }
  const value = decodeCbor(bytes)
  if (!isList(value, 4) || !isUint(value[0])) return undefined
  const type = TYPES[value[0]]
  if (type === 'blocks' || type === 'records' || type === 'profiles') return undefined
  return type !== undefined && value.length === 1 + FIELDS[type] ? responseOf(type, value.slice(1)) : undefined
}

/** A reader keeps single blocks: none of them may keep a whole frame in memory. */
const copies = (views: readonly Uint8Array[] | undefined): readonly Uint8Array[] | undefined =>
  views?.map((view) => view.slice())

function responseOf(type: SmallResponse['type'], fields: readonly CborValue[]): MailboxResponse | undefined {
  const [first, second, third] = fields
  switch (type) {
    case 'refused': {
      const reason = REASONS.find((known) => known === first)
      return reason && { type, reason }
    }
    case 'info':
      if (!isUint(first, WORK_BITS_MAX) || !isUint(second) || typeof third !== 'boolean') return undefined
      return { type, workBits: first, bytesFree: second, isPushNode: third }
    case 'missing': {
      const cids = cidsOf(first)
      const receipt = isList(second, 3) && second.length === 3 ? receiptOf(second) : undefined
      return cids && (second === null || receipt) ? { type, cids, receipt } : undefined
    }
    case 'receipt': {
      const receipt = receiptOf(fields)
      return receipt && { type, ...receipt }
    }
    case 'done':
      return { type }
    case 'digests': {
      const digests = bytesListOf(first, MAILBOX_BLOCKS_MAX, HASH_BYTES)
      return digests?.every(({ length }) => length === 0 || length === HASH_BYTES) ? { type, digests } : undefined
    }
    case 'statuses': {
      const statuses = statusesOf(first)
      return statuses && { type, statuses }
    }
    default:
      return exhaustive(type)
  }
}

function receiptOf([cidList, expiresAt, signature]: readonly CborValue[]): Receipt | undefined {
  const cids = cidsOf(cidList)
  return cids && isUint(expiresAt) && isBytes(signature, SIGNATURE_BYTES) ? { cids, expiresAt, signature } : undefined
}

function statusesOf(value: CborValue | undefined): readonly PointStatus[] | undefined {
  if (!isList(value, MAILBOX_POINTERS_MAX)) return undefined
  const statuses = value.map((item) => (isUint(item) ? STATUSES[item] : undefined))
  return statuses.every((status) => status !== undefined) ? statuses : undefined
}
