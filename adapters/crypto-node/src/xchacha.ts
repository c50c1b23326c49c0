/** XChaCha20-Poly1305 on OpenSSL's ChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03 §2.3): HChaCha20 makes the subkey. */
import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto'
import { hchacha } from '@noble/ciphers/chacha.js'
import { portableXchacha, type Xchacha20Poly1305 } from '@parley/core'

const TAG_BYTES = 16
const OPTIONS = { authTagLength: TAG_BYTES }
/** Below this the portable code is faster: it has no cipher object to set up. */
const NATIVE_BYTES_MIN = 1_024
/** "expand 32-byte k" as little-endian words (RFC 8439 §2.3). */
const SIGMA = Uint32Array.of(0x61707865, 0x3320646e, 0x79622d32, 0x6b206574)

function subkeyOf(key: Uint8Array, nonce: Uint8Array) {
  const subkey = new Uint32Array(8)
  hchacha(SIGMA, new Uint32Array(key.slice().buffer), new Uint32Array(nonce.slice(0, 16).buffer), subkey)
  return createSecretKey(new Uint8Array(subkey.buffer))
}

/** Four zero bytes and the tail of the long nonce. */
function shortNonceOf(nonce: Uint8Array): Uint8Array {
  const short = new Uint8Array(12)
  short.set(nonce.subarray(16), 4)
  return short
}

export const nodeXchacha: Xchacha20Poly1305 = {
  seal(key, nonce, aad, plaintext) {
    if (plaintext.length < NATIVE_BYTES_MIN) return portableXchacha.seal(key, nonce, aad, plaintext)
    const cipher = createCipheriv('chacha20-poly1305', subkeyOf(key, nonce), shortNonceOf(nonce), OPTIONS)
    cipher.setAAD(aad, { plaintextLength: plaintext.length })
    const output = new Uint8Array(plaintext.length + TAG_BYTES)
    output.set(cipher.update(plaintext))
    cipher.final()
    output.set(cipher.getAuthTag(), plaintext.length)
    return output
  },
  open(key, nonce, aad, ciphertext) {
    if (ciphertext.length < NATIVE_BYTES_MIN) return portableXchacha.open(key, nonce, aad, ciphertext)
    const end = ciphertext.length - TAG_BYTES
    const decipher = createDecipheriv('chacha20-poly1305', subkeyOf(key, nonce), shortNonceOf(nonce), OPTIONS)
    decipher.setAAD(aad, { plaintextLength: end })
    decipher.setAuthTag(ciphertext.subarray(end))
    try {
      const plaintext = new Uint8Array(decipher.update(ciphertext.subarray(0, end)))
      decipher.final()
      return plaintext
    } catch {
      // A wrong authentication tag: not sealed under this key.
      return undefined
    }
  },
}
