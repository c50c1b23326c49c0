import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import type { Xchacha20Poly1305 } from './crypto.ts'

/** XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) in plain JavaScript: everywhere, and fastest for short values. */
export const portableXchacha: Xchacha20Poly1305 = {
  seal: (key, nonce, aad, plaintext) => xchacha20poly1305(key, nonce, aad).encrypt(plaintext),
  open(key, nonce, aad, ciphertext) {
    try {
      return xchacha20poly1305(key, nonce, aad).decrypt(ciphertext)
    } catch {
      // Too short, or a wrong authentication tag: not sealed under this key.
      return undefined
    }
  },
}
