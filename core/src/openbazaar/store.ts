/** How a push node of OpenBazaar is asked to hold blocks: which ones, those it lacks, then each. Spec: OBZ-15. */
import { concat, equalBytes, utf8 } from '../base/bytes.ts'
import { sha256 } from '../base/hash.ts'
import { assert } from '../base/assert.ts'
import { OPENBAZAAR_FIELDS_MAX } from '../base/limits.ts'
import { OPENBAZAAR_MESSAGE_TYPES, openBazaarMessage, openBazaarPayload, typeUrlOf } from './message.ts'
import type { OpenBazaarMessage } from './message.ts'
import { multihashText, parseOpenBazaarId } from './peer.ts'
import { bytesField, bytesOf, messageField, readProtoFields, textField, textsOf } from './protobuf.ts'

/** A block and its name. */
export interface OpenBazaarBlock {
  /** `Qm…`: CIDv0. */
  readonly cid: string
  readonly rawData: Uint8Array
}

/**
 * The blocks that are offered, or as an answer the ones to send.
 * @throws AssertionError for more than OPENBAZAAR_FIELDS_MAX. Spec: OBZ-15.
 */
export function encodeOpenBazaarStore(cids: readonly string[]): OpenBazaarMessage {
  assert(cids.length <= OPENBAZAAR_FIELDS_MAX, 'a list of cids is bounded')
  const value = concat(...cids.map((cid) => messageField(1, utf8(cid))))
  return openBazaarMessage(OPENBAZAAR_MESSAGE_TYPES.STORE, openBazaarPayload('CidList', value))
}

/** The CIDs in a STORE, as they came; `undefined` for every other message. Spec: OBZ-15. */
export function decodeOpenBazaarStore({ messageType, payload }: OpenBazaarMessage): readonly string[] | undefined {
  if (messageType !== OPENBAZAAR_MESSAGE_TYPES.STORE || payload?.typeUrl !== typeUrlOf('CidList')) return undefined
  const fields = readProtoFields(payload.value)
  return fields === undefined ? undefined : textsOf(fields, 1)
}

/** Hands over one block. The bytes are copied. Spec: OBZ-15. */
export function encodeOpenBazaarBlock(rawData: Uint8Array): OpenBazaarMessage {
  const value = concat(bytesField(1, rawData), textField(2, multihashText(sha256(rawData))))
  return openBazaarMessage(OPENBAZAAR_MESSAGE_TYPES.BLOCK, openBazaarPayload('Block', value))
}

/** The block in a BLOCK (a copy); `undefined` for every other message, and when it is not what its CID names. OBZ-15 */
export function decodeOpenBazaarBlock({ messageType, payload }: OpenBazaarMessage): OpenBazaarBlock | undefined {
  if (messageType !== OPENBAZAAR_MESSAGE_TYPES.BLOCK || payload?.typeUrl !== typeUrlOf('Block')) return undefined
  const fields = readProtoFields(payload.value)
  const cid = fields === undefined ? undefined : textsOf(fields, 2)?.at(-1)
  if (fields === undefined || cid === undefined) return undefined
  const rawData = bytesOf(fields, 1)
  const digest = parseOpenBazaarId(cid)
  return digest !== undefined && equalBytes(digest, sha256(rawData)) ? { cid, rawData } : undefined
}
