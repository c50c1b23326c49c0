/** SHA-512, HMAC and HKDF in JavaScript: a ratchet step hashes tens of bytes, where a call to WebCrypto costs more. */
import { expand, extract } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { equalBytes } from '@parley/core'
import type { CiphersuiteImpl } from 'ts-mls'

export const webHash: CiphersuiteImpl['hash'] = {
  digest: async (data) => sha512(data),
  mac: async (key, data) => hmac(sha512, key, data),
  verifyMac: async (key, mac, data) => equalBytes(hmac(sha512, key, data), mac),
}

export const webKdf: CiphersuiteImpl['kdf'] = {
  size: sha512.outputLen,
  extract: async (salt, secret) => extract(sha512, secret, salt),
  expand: async (key, info, lengthBytes) => expand(sha512, key, info, lengthBytes),
}
