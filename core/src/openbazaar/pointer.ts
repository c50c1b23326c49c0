/** Where an envelope waits and how it is pointed at: keys, ids and addresses of the original. Spec: OBZ-12 to OBZ-14. */
import { concat, parseUtf8, utf8 } from '../base/bytes.ts'
import { sha256 } from '../base/hash.ts'
import { OPENBAZAAR_LEAF_BYTES_MAX, OPENBAZAAR_POINTER_BITS } from '../base/limits.ts'
import { OPENBAZAAR_MESSAGE_TYPES, openBazaarMessage, openBazaarPayload } from './message.ts'
import type { OpenBazaarMessage } from './message.ts'
import { multihashText, parseOpenBazaarId } from './peer.ts'
import { bytesField, messageField, varintField } from './protobuf.ts'

const KEY_DIGEST_BYTES = 8
const MAGIC_ZEROS = 12
const MAGIC_HASH_BYTES = 20
const UNIXFS_FILE = 2

/**
 * The CIDv0 under which envelopes for a peer are pointed at. It tells the first `bits` (1 to 64) of the peer id's digest,
 * so that a reader also finds strangers'. `undefined` when `peerId` is no `Qm…`. Spec: OBZ-13.
 */
export function openBazaarPointerKey(peerId: string, bits = OPENBAZAAR_POINTER_BITS): string | undefined {
  const digest = parseOpenBazaarId(peerId)
  if (digest === undefined) return undefined
  const first = new DataView(digest.buffer, digest.byteOffset).getBigUint64(0)
  const prefix = new Uint8Array(KEY_DIGEST_BYTES)
  new DataView(prefix.buffer).setBigUint64(0, first >> BigInt(64 - bits))
  return multihashText(sha256(prefix))
}

/** The id of the provider that a pointer to this envelope names instead of a peer: `QmNLei78zWmzUdbeRB…`. Spec: OBZ-14. */
export const openBazaarPointerId = (envelope: Uint8Array): string =>
  multihashText(concat(new Uint8Array(MAGIC_ZEROS), sha256(envelope).subarray(0, MAGIC_HASH_BYTES)))

/** Whether a provider's id is that of a pointer and of no peer. Spec: OBZ-14. */
export const isOpenBazaarPointerId = (text: string): boolean =>
  parseOpenBazaarId(text)
    ?.subarray(0, MAGIC_ZEROS)
    .every((byte) => byte === 0) ?? false

/**
 * The block of IPFS that holds an envelope: dag-pb around UnixFS. Its SHA-256 is its CIDv0. Fresh bytes. `undefined` when
 * it is empty, or over OPENBAZAAR_LEAF_BYTES_MAX and so more than one block. Spec: OBZ-12.
 */
export function openBazaarBlock(envelope: Uint8Array): Uint8Array | undefined {
  const { length } = envelope
  if (length === 0 || length > OPENBAZAAR_LEAF_BYTES_MAX) return undefined
  return messageField(1, concat(varintField(1, UNIXFS_FILE), bytesField(2, envelope), varintField(3, length)))
}

/** `Qm…`: the CIDv0 by which an envelope is fetched; `undefined` as {@link openBazaarBlock}. Spec: OBZ-12. */
export function openBazaarBlockCid(envelope: Uint8Array): string | undefined {
  const block = openBazaarBlock(envelope)
  return block === undefined ? undefined : multihashText(sha256(block))
}

/** Tells the sender that what `pointerId` points at has come. Spec: OBZ-14. */
export const openBazaarAck = (pointerId: string): OpenBazaarMessage =>
  openBazaarMessage(OPENBAZAAR_MESSAGE_TYPES.OFFLINE_ACK, openBazaarPayload(undefined, utf8(pointerId)))

/** The pointer id that a message acknowledges; `undefined` for every other message. Spec: OBZ-14. */
export function readOpenBazaarAck({ messageType, payload }: OpenBazaarMessage): string | undefined {
  if (messageType !== OPENBAZAAR_MESSAGE_TYPES.OFFLINE_ACK || payload?.typeUrl !== '') return undefined
  const text = parseUtf8(payload.value)
  return text !== undefined && isOpenBazaarPointerId(text) ? text : undefined
}
