/** The wire formats of RFC 9420, read strictly: whole input, one spelling, bounded size. */
import type { MLSMessage } from 'ts-mls'
import { decodeMlsMessage, encodeMlsMessage } from 'ts-mls'
import type { Decoder } from 'ts-mls/codec/tlsDecoder.js'
import type { Encoder } from 'ts-mls/codec/tlsEncoder.js'
import { equalBytes } from '../base/bytes.ts'
import type { MessageHeader } from './types.ts'

/**
 * Decodes one value that fills `bytes` and is spelled as the encoder would spell it, so that its hash is an identity.
 *
 * The result borrows nothing: the bytes are copied first. `undefined` for anything else; never throws. MLS-4
 */
export function decodeWhole<T>(decode: Decoder<T>, encode: Encoder<T>, bytes: Uint8Array): T | undefined {
  const copy = new Uint8Array(bytes)
  try {
    const decoded = decode(copy, 0)
    if (decoded === undefined || decoded[1] !== copy.length) return undefined
    return equalBytes(encode(decoded[0]), copy) ? decoded[0] : undefined
  } catch {
    // the library's decoders report truncation by throwing, some of them a plain TypeError
    return undefined
  }
}

export const decodeMessage = (bytes: Uint8Array): MLSMessage | undefined =>
  decodeWhole(decodeMlsMessage, encodeMlsMessage, bytes)

const VERSION_MLS10 = 1
const WIRE_PUBLIC = 1
const WIRE_PRIVATE = 2

/**
 * Reads the clear head of a message: enough to find the group and the epoch's state, with no cryptography.
 *
 * `undefined` when the bytes are not the head of a PrivateMessage or PublicMessage of MLS 1.0, or the epoch is beyond
 * 2^53. Never throws. The group id is a copy.
 */
export function messageHeader(bytes: Uint8Array): MessageHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 5 || view.getUint16(0) !== VERSION_MLS10) return undefined
  const wire = view.getUint16(2)
  if (wire !== WIRE_PUBLIC && wire !== WIRE_PRIVATE) return undefined
  // a group id of this protocol is shorter than 16 KiB: one or two bytes of length
  const first = view.getUint8(4)
  if (first >= 0x80 || (first >= 0x40 && bytes.length < 6)) return undefined
  const length = first < 0x40 ? first : view.getUint16(4) & 0x3fff
  const start = first < 0x40 ? 5 : 6
  if (bytes.length < start + length + 8) return undefined
  const epoch = epochNumber(view.getBigUint64(start + length))
  if (epoch === undefined) return undefined
  const groupId = new Uint8Array(bytes.subarray(start, start + length))
  return { groupId, epoch, type: wire === WIRE_PRIVATE ? 'application' : 'commit' }
}

/** Epochs are numbers on our side; one that no honest group can reach is refused. */
export function epochNumber(epoch: bigint): number | undefined {
  return epoch <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(epoch) : undefined
}
