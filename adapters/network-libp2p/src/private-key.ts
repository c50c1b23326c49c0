import { privateKeyFromRaw } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import { createPrivateKey, createPublicKey } from 'node:crypto'

/** RFC 8410: what stands before the 32 bytes of an Ed25519 seed in PKCS #8, and before those of a public key in SPKI. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')
const SPKI_PREFIX_BYTES = 12

/**
 * The device's key as libp2p wants it, from its seed (32 bytes, borrowed, copied into the key). The public half comes
 * from the platform: computed in JavaScript it costs a tenth of a second at each start.
 */
export function privateKeyOf(seed: Uint8Array): Ed25519PrivateKey {
  const encoded = Buffer.concat([PKCS8_PREFIX, seed])
  const key = createPrivateKey({ key: encoded, format: 'der', type: 'pkcs8' })
  encoded.fill(0)
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(SPKI_PREFIX_BYTES)
  const pair = privateKeyFromRaw(Buffer.concat([seed, publicKey]))
  if (pair.type !== 'Ed25519') throw new Error('a seed and its public key are an Ed25519 key')
  return pair
}
