/** X-Wing (draft-connolly-cfrg-xwing-kem): X25519 and ML-KEM-768, both native. */
import { createHash, decapsulate, diffieHellman, encapsulate, randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { mlKem768, privateKeyOf, publicBytesOf, publicKeyOf, x25519 } from './der.ts'

const SEED_BYTES = 32
const ML_KEM_CIPHERTEXT_BYTES = 1_088
const PUBLIC_BYTES = mlKem768.publicBytes + x25519.publicBytes
const CIPHERTEXT_BYTES = ML_KEM_CIPHERTEXT_BYTES + x25519.publicBytes
// the drawing of an X-Wing: \.//^\
const LABEL = Buffer.from('5c2e2f2f5e5c', 'hex')

const shake256 = (data: Uint8Array, lengthBytes: number): Uint8Array =>
  new Uint8Array(createHash('shake256', { outputLength: lengthBytes }).update(data).digest())

/** Shaped like the platform's key handle, because that is what the MLS library passes around. */
export class XWingPublicKey {
  readonly type = 'public'
  readonly algorithm = { name: 'X-Wing' }
  readonly extractable = true
  readonly usages: KeyUsage[] = []
  readonly bytes: Uint8Array
  readonly mlKem: KeyObject
  readonly x: KeyObject

  /** @throws RangeError or Error for bytes that are no public key. Copies. */
  constructor(bytes: Uint8Array) {
    if (bytes.length !== PUBLIC_BYTES) throw new RangeError('wrong X-Wing public key length')
    this.bytes = new Uint8Array(bytes)
    this.mlKem = publicKeyOf(mlKem768, this.bytes.subarray(0, mlKem768.publicBytes))
    this.x = publicKeyOf(x25519, this.bytes.subarray(mlKem768.publicBytes))
  }
}

export class XWingPrivateKey {
  readonly type = 'private'
  readonly algorithm = { name: 'X-Wing' }
  readonly extractable = true
  readonly usages: KeyUsage[] = ['deriveBits']
  readonly seed: Uint8Array
  readonly mlKem: KeyObject
  readonly x: KeyObject

  /** @throws RangeError unless the seed has 32 bytes. Copies. */
  constructor(seed: Uint8Array) {
    if (seed.length !== SEED_BYTES) throw new RangeError('wrong X-Wing private key length')
    this.seed = new Uint8Array(seed)
    const expanded = shake256(this.seed, mlKem768.privateBytes + x25519.privateBytes)
    this.mlKem = privateKeyOf(mlKem768, expanded.subarray(0, mlKem768.privateBytes))
    this.x = privateKeyOf(x25519, expanded.subarray(mlKem768.privateBytes))
    expanded.fill(0)
  }

  publicBytes(): Uint8Array {
    return Buffer.concat([publicBytesOf(mlKem768, this.mlKem), publicBytesOf(x25519, this.x)])
  }
}

/** Key pair of input keying material, as HPKE's DeriveKeyPair for this KEM: the seed is SHAKE256(ikm). */
export function deriveXWingKeyPair(ikm: Uint8Array): {
  readonly privateKey: XWingPrivateKey
  readonly publicKey: XWingPublicKey
} {
  const privateKey = new XWingPrivateKey(shake256(ikm, SEED_BYTES))
  return { privateKey, publicKey: new XWingPublicKey(privateKey.publicBytes()) }
}

/** @throws Error for a recipient key of small order. */
export function xWingEncapsulate(recipient: XWingPublicKey): { readonly shared: Uint8Array; readonly enc: Uint8Array } {
  const ephemeral = privateKeyOf(x25519, randomBytes(x25519.privateBytes))
  const ephemeralPublic = publicBytesOf(x25519, ephemeral)
  const sharedX = diffieHellman({ privateKey: ephemeral, publicKey: recipient.x })
  const { sharedKey, ciphertext } = encapsulate(recipient.mlKem)
  const shared = combine(sharedKey, sharedX, ephemeralPublic, recipient.bytes.subarray(mlKem768.publicBytes))
  return { shared, enc: new Uint8Array(Buffer.concat([ciphertext, ephemeralPublic])) }
}

/** @throws Error for an encapsulation of wrong length or small order. */
export function xWingDecapsulate(recipient: XWingPrivateKey, enc: Uint8Array): Uint8Array {
  if (enc.length !== CIPHERTEXT_BYTES) throw new RangeError('wrong X-Wing ciphertext length')
  const ephemeralPublic = enc.subarray(ML_KEM_CIPHERTEXT_BYTES)
  const sharedKey = decapsulate(recipient.mlKem, enc.subarray(0, ML_KEM_CIPHERTEXT_BYTES))
  const sharedX = diffieHellman({ privateKey: recipient.x, publicKey: publicKeyOf(x25519, ephemeralPublic) })
  return combine(sharedKey, sharedX, ephemeralPublic, publicBytesOf(x25519, recipient.x))
}

const combine = (...parts: readonly Uint8Array[]): Uint8Array =>
  new Uint8Array(
    createHash('sha3-256')
      .update(Buffer.concat([...parts, LABEL]))
      .digest(),
  )
