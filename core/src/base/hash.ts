import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 as nobleSha256, sha512 as nobleSha512 } from '@noble/hashes/sha2.js'

export const sha256 = (bytes: Uint8Array): Uint8Array => nobleSha256(bytes)
export const sha512 = (bytes: Uint8Array): Uint8Array => nobleSha512(bytes)

/** HKDF-SHA-256 (RFC 5869) without salt: `info` separates the uses of one secret. */
export const deriveKey = (secret: Uint8Array, info: Uint8Array, lengthBytes = 32): Uint8Array =>
  hkdf(nobleSha256, secret, undefined, info, lengthBytes)
