/** Reads the fields that requests, responses and records share. Everything here is total: wrong bytes are `undefined`. */
import { type CborValue, isBytes, isList } from '../base/cbor.ts'
import { FRAME_BYTES_MAX, MAILBOX_BLOCKS_MAX } from '../base/limits.ts'
import { isBlockCid } from './cid.ts'

/** What the number of a request takes of a frame. MBX-1 */
const REQUEST_ID_BYTES = 4
/** The largest request and the largest response. MBX-1 */
export const MAILBOX_BODY_BYTES_MAX = FRAME_BYTES_MAX - REQUEST_ID_BYTES

export const cidsOf = (value: CborValue | undefined): readonly Uint8Array[] | undefined =>
  isList(value, MAILBOX_BLOCKS_MAX) && value.every(isBlockCid) ? value : undefined

export const bytesListOf = (
  value: CborValue | undefined,
  countMax: number,
  bytesMax: number,
): readonly Uint8Array[] | undefined =>
  isList(value, countMax) && value.every((item): item is Uint8Array => isBytes(item) && item.length <= bytesMax)
    ? value
    : undefined

/** The heads of the list around the items, at most. */
const LIST_BYTES = 16
/** The head of one item, at most. */
const ITEM_BYTES = 5

/**
 * How many of the first items, of these sizes in bytes, one request or response can carry; at most `countMax`. A sender
 * of blocks and a holder that answers `fetch` or `find` both count like this. HLD-1
 */
export function fittingItems(sizes: readonly number[], countMax: number): number {
  let left = MAILBOX_BODY_BYTES_MAX - LIST_BYTES
  let count = 0
  for (const size of sizes) {
    left -= size + ITEM_BYTES
    if (left < 0 || count === countMax) break
    count += 1
  }
  return count
}

/** What items of these sizes take of a request or response, at most: for counting in several steps. */
export const itemsBytes = (sizes: readonly number[]): number =>
  sizes.reduce((total, size) => total + size + ITEM_BYTES, 0)

export function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}

export function uint64(value: number): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value))
  return bytes
}
