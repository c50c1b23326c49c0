/** The message that carries everything between two peers of OpenBazaar, online and in envelopes. Spec: OBZ-5, OBZ-6. */
import { assert } from '../base/assert.ts'
import { concat } from '../base/bytes.ts'
import { OPENBAZAAR_MESSAGE_BYTES_MAX } from '../base/limits.ts'
import {
  bytesField,
  bytesOf,
  encodeVarint,
  int32Of,
  messageField,
  messageOf,
  readProtoFields,
  readVarint,
  textField,
  textsOf,
  uint64Of,
  unknownOf,
  varintField,
} from './protobuf.ts'

/** What a message is about. A reader MUST expect other numbers. Spec: OBZ-6. */
export const OPENBAZAAR_MESSAGE_TYPES = {
  PING: 0,
  CHAT: 1,
  FOLLOW: 2,
  UNFOLLOW: 3,
  ORDER: 4,
  ORDER_REJECT: 5,
  ORDER_CANCEL: 6,
  ORDER_CONFIRMATION: 7,
  ORDER_FULFILLMENT: 8,
  ORDER_COMPLETION: 9,
  DISPUTE_OPEN: 10,
  DISPUTE_UPDATE: 11,
  DISPUTE_CLOSE: 12,
  REFUND: 13,
  OFFLINE_ACK: 14,
  OFFLINE_RELAY: 15,
  MODERATOR_ADD: 16,
  MODERATOR_REMOVE: 17,
  STORE: 18,
  BLOCK: 19,
  VENDOR_FINALIZED_PAYMENT: 20,
  ORDER_PAYMENT: 21,
  ERROR: 500,
  ORDER_PROCESSING_FAILURE: 501,
} as const

/** protobuf's `Any`. All bytes are copies. */
export interface OpenBazaarPayload {
  /** `type.googleapis.com/Chat`; empty for OFFLINE_ACK and OFFLINE_RELAY, whose value is no message. */
  readonly typeUrl: string
  readonly value: Uint8Array
  /** Fields that nobody knows: signatures cover them. */
  readonly unknown: Uint8Array
}

/** All bytes are copies. */
export interface OpenBazaarMessage {
  /** One of OPENBAZAAR_MESSAGE_TYPES, or a number of later versions; a signed 32-bit number. */
  readonly messageType: number
  readonly payload: OpenBazaarPayload | undefined
  /** Signed 32-bit; ties an answer to its request on a stream, 0 in envelopes. */
  readonly requestId: number
  readonly isResponse: boolean
  /** Fields that nobody knows: signatures cover them. */
  readonly unknown: Uint8Array
}

const VARINT = 0
const BYTES = 2
const MESSAGE_FIELDS = { 1: VARINT, 2: BYTES, 3: VARINT, 4: VARINT }
const PAYLOAD_FIELDS = { 1: BYTES, 2: BYTES }

/** A message that asks and answers nothing: what an envelope carries. The bytes are borrowed. */
export const openBazaarMessage = (messageType: number, payload?: OpenBazaarPayload): OpenBazaarMessage => ({
  messageType,
  payload,
  requestId: 0,
  isResponse: false,
  unknown: new Uint8Array(0),
})

/** A payload of a known type, such as `Chat`; no type for a raw value. The bytes are borrowed. Spec: OBZ-6. */
export const openBazaarPayload = (type: string | undefined, value: Uint8Array): OpenBazaarPayload => ({
  typeUrl: type === undefined ? '' : typeUrlOf(type),
  value,
  unknown: new Uint8Array(0),
})

/** There is no package in front of a type's name. */
export const typeUrlOf = (type: string): string => `type.googleapis.com/${type}`

/**
 * The bytes of a message, which are also what its envelope signs. A PING has none. What was decoded from another spelling
 * may be a few bytes longer than it came. Spec: OBZ-5, OBZ-6.
 */
export function encodeOpenBazaarMessage(message: OpenBazaarMessage): Uint8Array {
  const { payload } = message
  return concat(
    varintField(1, message.messageType),
    payload === undefined ? new Uint8Array(0) : messageField(2, encodePayload(payload)),
    varintField(3, message.requestId),
    varintField(4, message.isResponse ? 1 : 0),
    message.unknown,
  )
}

const encodePayload = (payload: OpenBazaarPayload): Uint8Array =>
  concat(textField(1, payload.typeUrl), bytesField(2, payload.value), payload.unknown)

/** `undefined` for bytes that are no message. Never throws. Spec: OBZ-5, OBZ-6. */
export function decodeOpenBazaarMessage(bytes: Uint8Array): OpenBazaarMessage | undefined {
  if (bytes.length > OPENBAZAAR_MESSAGE_BYTES_MAX) return undefined
  const fields = readProtoFields(bytes)
  if (fields === undefined) return undefined
  const inner = messageOf(fields, 2)
  const payload = inner === undefined ? undefined : decodePayload(inner)
  if (inner !== undefined && payload === undefined) return undefined
  return {
    messageType: int32Of(fields, 1),
    payload,
    requestId: int32Of(fields, 3),
    isResponse: uint64Of(fields, 4) !== 0n,
    unknown: unknownOf(fields, MESSAGE_FIELDS),
  }
}

function decodePayload(bytes: Uint8Array): OpenBazaarPayload | undefined {
  const fields = readProtoFields(bytes)
  const typeUrls = fields === undefined ? undefined : textsOf(fields, 1)
  if (fields === undefined || typeUrls === undefined) return undefined
  return { typeUrl: typeUrls.at(-1) ?? '', value: bytesOf(fields, 2), unknown: unknownOf(fields, PAYLOAD_FIELDS) }
}

/**
 * A message as it goes on a stream: behind its length.
 * @throws AssertionError over OPENBAZAAR_MESSAGE_BYTES_MAX: the message is ours, so a defect. Spec: OBZ-7.
 */
export function encodeOpenBazaarFrame(message: OpenBazaarMessage): Uint8Array {
  const bytes = encodeOpenBazaarMessage(message)
  assert(bytes.length <= OPENBAZAAR_MESSAGE_BYTES_MAX, 'a message fits into a frame')
  return concat(encodeVarint(bytes.length), bytes)
}

/** What the head of a stream's bytes is. `restAt` is where the next frame begins. */
export type OpenBazaarFrame =
  | { readonly type: 'message'; readonly message: OpenBazaarMessage; readonly restAt: number }
  /** More bytes are needed to tell. */
  | { readonly type: 'incomplete' }
  /** The stream cannot be read on. */
  | { readonly type: 'refused' }

/** Reads one frame at the head of what a stream brought. Never throws. Spec: OBZ-7. */
export function readOpenBazaarFrame(bytes: Uint8Array): OpenBazaarFrame {
  const length = readVarint(bytes, 0)
  // The length of the longest message has four bytes; whoever writes a longer one means no message of this network.
  if (length === undefined) return bytes.length < LENGTH_BYTES_MAX ? { type: 'incomplete' } : { type: 'refused' }
  if (length.end > LENGTH_BYTES_MAX || length.value > BigInt(OPENBAZAAR_MESSAGE_BYTES_MAX)) return { type: 'refused' }
  const restAt = length.end + Number(length.value)
  if (bytes.length < restAt) return { type: 'incomplete' }
  const message = decodeOpenBazaarMessage(bytes.subarray(length.end, restAt))
  return message === undefined ? { type: 'refused' } : { type: 'message', message, restAt }
}

const LENGTH_BYTES_MAX = encodeVarint(OPENBAZAAR_MESSAGE_BYTES_MAX).length
