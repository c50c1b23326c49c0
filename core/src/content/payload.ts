/**
 * What an MLS application message carries: one kind byte, then the body. Content is stored; a status report moves
 * delivery states; typing is shown for TYPING_LIFETIME_MS and kept nowhere. Spec: CNT-1, RCP-1, TYP-1.
 */
import { concat } from '../base/bytes.ts'
import { decodeCbor, encodeCbor, isList } from '../base/cbor.ts'
import { RECEIPT_IDS_MAX } from '../base/limits.ts'
import { isMessageId } from './codec.ts'
import type { MessageIdBytes, StatusReport } from './types.ts'

const CONTENT = 0x01
const STATUS = 0x02
const TYPING = 0x03

export type Payload =
  | { readonly type: 'content'; readonly bytes: Uint8Array }
  | { readonly type: 'status'; readonly report: StatusReport }
  | { readonly type: 'typing' }

export function encodePayload(payload: Payload): Uint8Array {
  switch (payload.type) {
    case 'content':
      return concat(Uint8Array.of(CONTENT), payload.bytes)
    case 'status':
      return concat(Uint8Array.of(STATUS), encodeCbor([[...payload.report.delivered], [...payload.report.read]]))
    case 'typing':
      return Uint8Array.of(TYPING)
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
      return body.length === 0 ? { type: 'typing' } : undefined
    default:
      return undefined
  }
}

function idsOf(value: unknown): readonly MessageIdBytes[] | undefined {
  return isList(value, RECEIPT_IDS_MAX) && value.every(isMessageId) ? value : undefined
}
