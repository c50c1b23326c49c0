/** The fixed DER around raw keys: node:crypto reads and writes keys only in their SPKI and PKCS#8 wrappings. */
import { createPrivateKey, createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

export interface KeyWrapping {
  readonly spki: Buffer
  readonly pkcs8: Buffer
  readonly publicBytes: number
  readonly privateBytes: number
}

export const ed25519: KeyWrapping = {
  spki: Buffer.from('302a300506032b6570032100', 'hex'),
  pkcs8: Buffer.from('302e020100300506032b657004220420', 'hex'),
  publicBytes: 32,
  privateBytes: 32,
}

export const x25519: KeyWrapping = {
  spki: Buffer.from('302a300506032b656e032100', 'hex'),
  pkcs8: Buffer.from('302e020100300506032b656e04220420', 'hex'),
  publicBytes: 32,
  privateBytes: 32,
}

/** The private form is the 64-byte seed `d ‖ z` (FIPS 203), not the expanded key. */
export const mlKem768: KeyWrapping = {
  spki: Buffer.from('308204b2300b0609608648016503040402038204a100', 'hex'),
  pkcs8: Buffer.from('3054020100300b060960864801650304040204428040', 'hex'),
  publicBytes: 1_184,
  privateBytes: 64,
}

/** @throws RangeError for a wrong length, Error for bytes that are no key. */
export function publicKeyOf(wrapping: KeyWrapping, bytes: Uint8Array): KeyObject {
  if (bytes.length !== wrapping.publicBytes) throw new RangeError('wrong public key length')
  return createPublicKey({ key: Buffer.concat([wrapping.spki, bytes]), format: 'der', type: 'spki' })
}

/** @throws RangeError for a wrong length. */
export function privateKeyOf(wrapping: KeyWrapping, seed: Uint8Array): KeyObject {
  if (seed.length !== wrapping.privateBytes) throw new RangeError('wrong private key length')
  const key = Buffer.concat([wrapping.pkcs8, seed])
  const parsed = createPrivateKey({ key, format: 'der', type: 'pkcs8' })
  key.fill(0)
  return parsed
}

/** The raw public half of a private key. */
export function publicBytesOf(wrapping: KeyWrapping, privateKey: KeyObject): Uint8Array {
  const der = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return new Uint8Array(der.subarray(wrapping.spki.length))
}
