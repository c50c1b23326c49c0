/**
 * NaCl's box from a fresh key to an Ed25519 key, as OpenBazaar seals what waits for a peer:
 * nonce (24) ‖ ephemeral key (32) ‖ tag (16) ‖ ciphertext. https://cr.yp.to/highspeed/naclcrypto-20090310.pdf. OBZ-9
 */
import { hsalsa, xsalsa20poly1305 } from '@noble/ciphers/salsa.js'
import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { concat, utf8, zero } from '../base/bytes.ts'
import type { RandomPort } from '../base/crypto.ts'
import { isUsableEd25519Key } from '../identity/ed25519-key.ts'

const NONCE_BYTES = 24
const KEY_BYTES = 32
const TAG_BYTES = 16
const HEAD_BYTES = NONCE_BYTES + KEY_BYTES
/** What a box is longer than what is in it. */
export const BOX_OVERHEAD_BYTES = HEAD_BYTES + TAG_BYTES
const SALSA_CONSTANT = utf8('expand 32-byte k')

/** Fresh bytes; `undefined` when the key (32 bytes, Ed25519, borrowed) is no point that anybody can open with. */
export function sealBox(recipientKey: Uint8Array, plaintext: Uint8Array, random: RandomPort): Uint8Array | undefined {
  const montgomery = montgomeryKey(recipientKey)
  if (montgomery === undefined) return undefined
  const secret = random(KEY_BYTES)
  const nonce = random(NONCE_BYTES)
  const key = boxKey(secret, montgomery)
  if (key === undefined) return undefined
  const sealed = concat(nonce, x25519.getPublicKey(secret), xsalsa20poly1305(key, nonce).encrypt(plaintext))
  zero(secret)
  zero(key)
  return sealed
}

/** Fresh bytes; `undefined` for everything that was not sealed to this Ed25519 seed (32 bytes, borrowed). Never throws. */
export function openBox(seed: Uint8Array, box: Uint8Array): Uint8Array | undefined {
  if (box.length < BOX_OVERHEAD_BYTES) return undefined
  const secret = ed25519.utils.toMontgomerySecret(seed)
  const key = boxKey(secret, box.subarray(NONCE_BYTES, HEAD_BYTES))
  zero(secret)
  if (key === undefined) return undefined
  try {
    return xsalsa20poly1305(key, box.subarray(0, NONCE_BYTES)).decrypt(box.subarray(HEAD_BYTES))
  } catch {
    // A wrong authentication tag: for somebody else, or changed on the way.
    return undefined
  } finally {
    zero(key)
  }
}

function montgomeryKey(key: Uint8Array): Uint8Array | undefined {
  if (!isUsableEd25519Key(key)) return undefined
  try {
    return ed25519.utils.toMontgomery(key)
  } catch {
    // Not on the curve.
    return undefined
  }
}

/** HSalsa20 of the shared point; `undefined` for a public key that makes that point known to everybody. */
function boxKey(secret: Uint8Array, publicKey: Uint8Array): Uint8Array | undefined {
  let shared: Uint8Array
  try {
    shared = x25519.getSharedSecret(secret, publicKey)
  } catch {
    return undefined
  }
  const out = new Uint32Array(KEY_BYTES / 4)
  hsalsa(littleEndian(SALSA_CONSTANT), littleEndian(shared), new Uint32Array(4), out)
  zero(shared)
  const key = new Uint8Array(KEY_BYTES)
  const view = new DataView(key.buffer)
  out.forEach((word, index) => view.setUint32(4 * index, word, true))
  out.fill(0)
  return key
}

function littleEndian(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Uint32Array.from({ length: bytes.length / 4 }, (_, index) => view.getUint32(4 * index, true))
}
