/** Names and keys of peers as OpenBazaar has them: always the hash of a key, never the key itself. Spec: OBZ-1, OBZ-2. */
import { base58 } from '@scure/base'
import { concat, equalBytes } from '../base/bytes.ts'
import type { CryptoPort } from '../base/crypto.ts'
import { sha256 } from '../base/hash.ts'
import { decodeBase58 } from '../identity/did-key.ts'
import { isUsableEd25519Key } from '../identity/ed25519-key.ts'

const DIGEST_BYTES = 32
const KEY_BYTES = 32
const SEED_BYTES = 32
/** Multihash sha2-256, 32 bytes. */
const MULTIHASH_HEAD = Uint8Array.of(0x12, DIGEST_BYTES)
const MULTIHASH_LENGTH = 46
/** libp2p protobuf: field 1 (type) = 1 (Ed25519), field 2 (data). */
const PUBLIC_HEAD = Uint8Array.of(0x08, 0x01, 0x12, KEY_BYTES)
const PRIVATE_HEAD = Uint8Array.of(0x08, 0x01, 0x12, SEED_BYTES + KEY_BYTES)

/** `Qm…`, 46 letters: the base58 text of a SHA-256 (32 bytes, borrowed) as a multihash. */
export const multihashText = (digest: Uint8Array): string => base58.encode(concat(MULTIHASH_HEAD, digest))

/**
 * The SHA-256 (32 bytes, fresh) in a `Qm…` text: a peer id, a message id, a CIDv0. `undefined` for every other text,
 * `12D3…` among them. Spec: OBZ-1.
 */
export function parseOpenBazaarId(text: string): Uint8Array | undefined {
  if (text.length !== MULTIHASH_LENGTH) return undefined
  const bytes = decodeBase58(text)
  if (bytes?.length !== MULTIHASH_HEAD.length + DIGEST_BYTES) return undefined
  return equalBytes(bytes.subarray(0, MULTIHASH_HEAD.length), MULTIHASH_HEAD)
    ? bytes.slice(MULTIHASH_HEAD.length)
    : undefined
}

/** `Qm…`: the peer id of an Ed25519 key (32 bytes, borrowed). Spec: OBZ-1. */
export const openBazaarPeerId = (publicKey: Uint8Array): string =>
  multihashText(sha256(encodeOpenBazaarPublicKey(publicKey)))

/** libp2p's protobuf of an Ed25519 key (32 bytes, borrowed): 36 fresh bytes. Spec: OBZ-1. */
export const encodeOpenBazaarPublicKey = (publicKey: Uint8Array): Uint8Array => concat(PUBLIC_HEAD, publicKey)

/** The key (32 bytes, fresh) in libp2p's protobuf; `undefined` for other types, spellings and keys that prove nothing. OBZ-1 */
export function parseOpenBazaarPublicKey(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length !== PUBLIC_HEAD.length + KEY_BYTES) return undefined
  if (!equalBytes(bytes.subarray(0, PUBLIC_HEAD.length), PUBLIC_HEAD)) return undefined
  const key = bytes.slice(PUBLIC_HEAD.length)
  return isUsableEd25519Key(key) ? key : undefined
}

/** libp2p's protobuf of a key pair (32 bytes each, borrowed): 68 fresh and secret bytes. Spec: OBZ-2. */
export const encodeOpenBazaarPrivateKey = (seed: Uint8Array, publicKey: Uint8Array): Uint8Array =>
  concat(PRIVATE_HEAD, seed, publicKey)

/** The seed (32 bytes, fresh, secret) in libp2p's protobuf; `undefined` unless the public half is the seed's own. OBZ-2 */
export async function parseOpenBazaarPrivateKey(
  crypto: CryptoPort,
  bytes: Uint8Array,
): Promise<Uint8Array | undefined> {
  if (bytes.length !== PRIVATE_HEAD.length + SEED_BYTES + KEY_BYTES) return undefined
  if (!equalBytes(bytes.subarray(0, PRIVATE_HEAD.length), PRIVATE_HEAD)) return undefined
  const seed = bytes.slice(PRIVATE_HEAD.length, PRIVATE_HEAD.length + SEED_BYTES)
  const publicKey = await crypto.ed25519PublicKey(seed)
  return equalBytes(publicKey, bytes.subarray(PRIVATE_HEAD.length + SEED_BYTES)) ? seed : undefined
}
