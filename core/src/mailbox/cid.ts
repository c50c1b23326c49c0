/**
 * Names of blocks: CIDv1, codec raw, multihash SHA-256, so that every IPFS node can hold and check them.
 * https://github.com/multiformats/cid. Spec: BLK-1.
 */
import { base32nopad } from '@scure/base'
import { assert } from '../base/assert.ts'
import { concat, equalBytes } from '../base/bytes.ts'
import { sha256 } from '../base/hash.ts'
import { ENVELOPE_BYTES_MAX } from '../base/limits.ts'

const DIGEST_BYTES = 32
/** CIDv1, raw, sha2-256, 32 bytes. */
const PREFIX = Uint8Array.of(0x01, 0x55, 0x12, DIGEST_BYTES)
export const CID_BYTES = PREFIX.length + DIGEST_BYTES

/** The CID of a block, in bytes (CID_BYTES). */
export const blockCid = (block: Uint8Array): Uint8Array => concat(PREFIX, sha256(block))

/** The CID of the block with this SHA-256 (32 bytes). */
export const cidOfDigest = (digest: Uint8Array): Uint8Array => concat(PREFIX, digest)

/** The SHA-256 inside a CID of our form; a copy. */
export const digestOfCid = (cid: Uint8Array): Uint8Array => cid.slice(PREFIX.length)

/** True for a CID of our form; other CIDs exist and are nobody's here. */
export const isBlockCid = (value: unknown): value is Uint8Array =>
  value instanceof Uint8Array && value.length === CID_BYTES && equalBytes(value.subarray(0, PREFIX.length), PREFIX)

/** The text that IPFS tools print: `b` and base32, lower case. */
export const cidText = (cid: Uint8Array): string => `b${base32nopad.encode(cid).toLowerCase()}`

/** @returns `undefined` for any other text than {@link cidText} gives. */
export function parseCid(text: string): Uint8Array | undefined {
  if (!/^b[a-z2-7]{58}$/.test(text)) return undefined
  try {
    const cid = base32nopad.decode(text.slice(1).toUpperCase())
    return isBlockCid(cid) && cidText(cid) === text ? cid : undefined
  } catch {
    return undefined
  }
}

/** Whether `block` is what `cid` names. */
export const isBlockOf = (cid: Uint8Array, block: Uint8Array): boolean => equalBytes(blockCid(block), cid)

/**
 * The CID in bytes of a block that this program is about to store under `text`.
 * @throws AssertionError when the text is no CID of ours, or names other bytes, or the block is over ENVELOPE_BYTES_MAX:
 * who stores has just made the name, so this is a defect and never input. BLK-3
 */
export function assertBlock(text: string, block: Uint8Array): Uint8Array {
  const cid = parseCid(text)
  assert(cid !== undefined, 'a block is stored under a cid')
  assert(block.length <= ENVELOPE_BYTES_MAX, 'a block is not larger than an envelope')
  assert(isBlockOf(cid, block), 'a block is stored under its own cid')
  return cid
}
