/**
 * Ed25519 (RFC 8032) for many keys that are each used once. A key object is kept until garbage is collected, and a hundred
 * thousand of them take 80 MB; a key that is given as bytes is forgotten at once and costs the same time.
 */
import { sign, verify } from 'node:crypto'
import type { CryptoPort } from '@parley/core'

const SPKI = Buffer.from('302a300506032b6570032100', 'hex')
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')
const KEY_BYTES = 32
const SIGNATURE_BYTES = 64

export const signatures: Pick<CryptoPort, 'ed25519Sign' | 'ed25519Verify'> = {
  ed25519Sign(seed, message) {
    const key = Buffer.concat([PKCS8, seed])
    const signature = new Uint8Array(sign(null, message, { key, format: 'der', type: 'pkcs8' }))
    key.fill(0)
    return signature
  },
  ed25519Verify(publicKey, message, signature) {
    if (publicKey.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false
    try {
      return verify(null, message, { key: Buffer.concat([SPKI, publicKey]), format: 'der', type: 'spki' }, signature)
    } catch {
      // bytes that are no point on the curve
      return false
    }
  },
}
