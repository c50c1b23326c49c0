/** What a pointer says: which blocks wait, and who holds them. Spec: PTR-4. */
import { assert } from '../base/assert.ts'
import { type CborValue, decodeCbor, encodeCbor, isBytes, isList, isText } from '../base/cbor.ts'
import {
  POINTER_BLOCKS_MAX,
  POINTER_BUCKETS_BYTES,
  POINTER_HOLDER_LENGTH_MAX,
  POINTER_HOLDERS_MAX,
  POINTER_LOCATIONS_MAX,
} from '../base/limits.ts'
import { isBucketSize, unpad } from '../envelope/padding.ts'
import { HASH_BYTES } from '../identity/signed-record.ts'
import { cidOfDigest, digestOfCid } from './cid.ts'
import type { NamedBlock } from './request.ts'

/** A block of a pointer. */
export interface PointedBlock extends NamedBlock {
  /** Where this one is, besides the holders of all: a location of the sender's own storage. */
  readonly location?: string
}

export interface PointerPayload {
  /** In the order in which they are to be processed; at most POINTER_BLOCKS_MAX. None: nothing waits here any more. */
  readonly blocks: readonly PointedBlock[]
  /** Who has all of them: locations of storage and multiaddrs of push nodes, best first; at most POINTER_HOLDERS_MAX. */
  readonly holders: readonly string[]
}

const LENGTH_BYTES = 4

/** Printable ASCII, as URLs and multiaddrs are. Whether it is one, and may be asked, the adapters decide. */
const isHolder = (value: unknown): value is string => isText(value, POINTER_HOLDER_LENGTH_MAX) && /^[!-~]+$/.test(value)

/**
 * The payload with its length in front and zeros behind, so that the record has one of the bucket sizes when
 * `overheadBytes` surround it; `undefined` when that would take more than `bytesMax`.
 * @throws AssertionError when there are more blocks or holders than a pointer can name, or others than a reader takes.
 */
export function padPayload(payload: PointerPayload, overheadBytes: number, bytesMax: number): Uint8Array | undefined {
  const { blocks, holders } = payload
  const locations = blocks.flatMap(({ location }) => location ?? [])
  assert(
    blocks.length <= POINTER_BLOCKS_MAX && holders.length <= POINTER_HOLDERS_MAX,
    'a pointer names a bounded number',
  )
  assert(
    blocks.every(({ size }) => isBucketSize(size)) && [...holders, ...locations].every(isHolder),
    'a pointer names envelopes and places',
  )
  assert(locations.length <= POINTER_LOCATIONS_MAX, 'a pointer says of a bounded number where they are')
  const bytes = encodeCbor([blocks.map(fieldsOf), holders])
  const needed = overheadBytes + LENGTH_BYTES + bytes.length
  const bucket = POINTER_BUCKETS_BYTES.find((size) => size >= needed)
  if (bucket === undefined || bucket > bytesMax) return undefined
  const padded = new Uint8Array(bucket - overheadBytes)
  new DataView(padded.buffer).setUint32(0, bytes.length)
  padded.set(bytes, LENGTH_BYTES)
  return padded
}

const fieldsOf = ({ cid, size, location }: PointedBlock): readonly CborValue[] =>
  location === undefined ? [digestOfCid(cid), size] : [digestOfCid(cid), size, location]

/** Reads what {@link padPayload} wrote; `undefined` for anything else. */
export function unpadPayload(padded: Uint8Array): PointerPayload | undefined {
  const bytes = unpad(padded)
  const value = bytes === undefined ? undefined : decodeCbor(bytes)
  if (!isList(value) || value.length !== 2) return undefined
  const [blockList, holders] = value
  const blocks = blocksOf(blockList)
  if (blocks === undefined || !isList(holders, POINTER_HOLDERS_MAX) || !holders.every(isHolder)) return undefined
  return { blocks, holders }
}

function blocksOf(value: CborValue | undefined): readonly PointedBlock[] | undefined {
  if (!isList(value, POINTER_BLOCKS_MAX)) return undefined
  const blocks: PointedBlock[] = []
  for (const item of value) {
    if (!isList(item, 3) || item.length < 2) return undefined
    const [digest, size, location] = item
    if (!isBytes(digest, HASH_BYTES) || typeof size !== 'number' || !isBucketSize(size)) return undefined
    if (item.length === 3 && !isHolder(location)) return undefined
    blocks.push({ cid: cidOfDigest(digest), size, ...(isHolder(location) ? { location } : {}) })
  }
  return blocks.filter(({ location }) => location !== undefined).length <= POINTER_LOCATIONS_MAX ? blocks : undefined
}
