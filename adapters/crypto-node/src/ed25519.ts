/** Ed25519 (RFC 8032) with parsed keys kept. */
import { sign, verify } from 'node:crypto'
import { ed25519, privateKeyOf, publicBytesOf, publicKeyOf } from './der.ts'
import { PrivateKeyCache, PublicKeyCache } from './key-cache.ts'

const SIGNATURE_BYTES = 64
const publicKeys = new PublicKeyCache((bytes) => publicKeyOf(ed25519, bytes))
const privateKeys = new PrivateKeyCache((seed) => privateKeyOf(ed25519, seed))

export const ed25519PublicKey = (seed: Uint8Array): Uint8Array => publicBytesOf(ed25519, privateKeys.get(seed))

export const ed25519Sign = (seed: Uint8Array, message: Uint8Array): Uint8Array =>
  new Uint8Array(sign(null, message, privateKeys.get(seed)))

export function ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== ed25519.publicBytes || signature.length !== SIGNATURE_BYTES) return false
  try {
    return verify(null, message, publicKeys.get(publicKey), signature)
  } catch {
    // bytes that are no point on the curve
    return false
  }
}
