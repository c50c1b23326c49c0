/**
 * AES-256-GCM: the ciphertext carries its 16-byte tag at the end. Keys are wrapped first: given bytes, Node tries them as
 * two kinds of key object and catches what each throws, which costs more than the encryption.
 */
import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto'

const TAG_BYTES = 16
export const AEAD_KEY_BYTES = 32
export const AEAD_NONCE_BYTES = 12

export function aesGcmSeal(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array | undefined,
  plaintext: Uint8Array,
): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', createSecretKey(key), nonce)
  if (aad !== undefined && aad.length > 0) cipher.setAAD(aad)
  const output = new Uint8Array(plaintext.length + TAG_BYTES)
  output.set(cipher.update(plaintext))
  cipher.final()
  output.set(cipher.getAuthTag(), plaintext.length)
  return output
}

/** @throws Error when the tag does not match. */
export function aesGcmOpen(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array | undefined,
  ciphertext: Uint8Array,
): Uint8Array {
  if (ciphertext.length < TAG_BYTES) throw new Error('ciphertext is shorter than its tag')
  const end = ciphertext.length - TAG_BYTES
  const decipher = createDecipheriv('aes-256-gcm', createSecretKey(key), nonce, { authTagLength: TAG_BYTES })
  if (aad !== undefined && aad.length > 0) decipher.setAAD(aad)
  decipher.setAuthTag(ciphertext.subarray(end))
  const plaintext = new Uint8Array(decipher.update(ciphertext.subarray(0, end)))
  decipher.final()
  return plaintext
}
