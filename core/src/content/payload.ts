/**
 * What an MLS application message carries: one kind byte, then the body. Content is stored; a status report moves
 * delivery states; typing is shown for TYPING_LIFETIME_MS and kept nowhere; an acknowledgement answers envelopes that
 * came by way of holders. Spec: CNT-1, RCP-1, TYP-1, OFF-7.
 */
import { concat, parseUtf8, utf8 } from '../base/bytes.ts'
import { decodeCbor, encodeCbor, isBytes, isList, type CborValue } from '../base/cbor.ts'
import { ENVELOPE_ID_BYTES, RECEIPT_IDS_MAX } from '../base/limits.ts'
import { isMessageId, isSubject } from './codec.ts'
import type { MessageIdBytes, StatusReport } from './types.ts'

const CONTENT = 0x01
const STATUS = 0x02
const TYPING = 0x03
const ACKNOWLEDGEMENT = 0x04

export type Payload =
  | { readonly type: 'content'; readonly bytes: Uint8Array }
  | { readonly type: 'status'; readonly report: StatusReport }
  /** `subject`: what they are writing about; empty for the conversation itself. */
  | { readonly type: 'typing'; readonly subject: string }
  | { readonly type: 'acknowledgement'; readonly acknowledgement: Acknowledgement }

/** OFFLINE_ACK: what became of envelopes that came by way of holders, and the receipts that go with it. OFF-7 */
export interface Acknowledgement {
  /** Ids of envelopes that are durable here, or will never matter; at most RECEIPT_IDS_MAX. */
  readonly received: readonly Uint8Array[]
  /** Ids of envelopes that cannot be read here; at most RECEIPT_IDS_MAX. */
  readonly refused: readonly Uint8Array[]
  readonly report: StatusReport
}

export function encodePayload(payload: Payload): Uint8Array {
  switch (payload.type) {
    case 'content':
      return concat(Uint8Array.of(CONTENT), payload.bytes)
    case 'status':
      return concat(Uint8Array.of(STATUS), encodeCbor([[...payload.report.delivered], [...payload.report.read]]))
    case 'typing':
      return concat(Uint8Array.of(TYPING), utf8(payload.subject))
    case 'acknowledgement': {
      const { received, refused, report } = payload.acknowledgement
      const body = encodeCbor([[...received], [...refused], [...report.delivered], [...report.read]])
      return concat(Uint8Array.of(ACKNOWLEDGEMENT), body)
    }
  }
}

/** @returns `undefined` for malformed bodies and for kinds that this version does not know. */
export function decodePayload(bytes: Uint8Array): Payload | undefined {
  const body = bytes.slice(1)
  switch (bytes[0]) {
    case CONTENT:
      return { type: 'content', bytes: body }
    case STATUS: {
      const value = decodeCbor(body)
      if (!isList(value) || value.length !== 2) return undefined
      const delivered = idsOf(value[0])
      const read = idsOf(value[1])
      return delivered && read ? { type: 'status', report: { delivered, read } } : undefined
    }
    case TYPING:
      return typingOf(parseUtf8(body))
    case ACKNOWLEDGEMENT:
      return acknowledgementOf(decodeCbor(body))
    default:
      return undefined
  }
}

const typingOf = (subject: string | undefined): Payload | undefined =>
  subject === '' || (subject !== undefined && isSubject(subject)) ? { type: 'typing', subject } : undefined

function acknowledgementOf(value: CborValue | undefined): Payload | undefined {
  if (!isList(value) || value.length !== 4) return undefined
  const received = envelopesOf(value[0])
  const refused = envelopesOf(value[1])
  const delivered = idsOf(value[2])
  const read = idsOf(value[3])
  if (!received || !refused || !delivered || !read) return undefined
  return { type: 'acknowledgement', acknowledgement: { received, refused, report: { delivered, read } } }
}

function envelopesOf(value: unknown): readonly Uint8Array[] | undefined {
  return isList(value, RECEIPT_IDS_MAX) && value.every((id) => isBytes(id, ENVELOPE_ID_BYTES)) ? value : undefined
}

function idsOf(value: unknown): readonly MessageIdBytes[] | undefined {
  return isList(value, RECEIPT_IDS_MAX) && value.every(isMessageId) ? value : undefined
}
