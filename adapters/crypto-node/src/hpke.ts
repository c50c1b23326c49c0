/** HPKE base mode (RFC 9180): X-Wing 0x647A, HKDF-SHA512 0x0003, AES-256-GCM 0x0002. One message per context. */
import type { CiphersuiteImpl, PrivateKey, PublicKey } from 'ts-mls'
import { CryptoError } from 'ts-mls/mlsError.js'
import { AEAD_KEY_BYTES, AEAD_NONCE_BYTES, aesGcmOpen, aesGcmSeal } from './aead.ts'
import { HASH_BYTES, hkdfExpand, hkdfExtract } from './hash.ts'
import { deriveXWingKeyPair, XWingPrivateKey, XWingPublicKey, xWingDecapsulate, xWingEncapsulate } from './x-wing.ts'
import { randomBytes } from 'node:crypto'

const SUITE_ID = Buffer.concat([Buffer.from('HPKE'), Buffer.from('647a00030002', 'hex')])
const VERSION = Buffer.from('HPKE-v1')
const NOTHING = new Uint8Array()
const KEY_SEED_BYTES = 32

const labeledExtract = (salt: Uint8Array, label: string, ikm: Uint8Array): Uint8Array =>
  hkdfExtract(salt, Buffer.concat([VERSION, SUITE_ID, Buffer.from(label), ikm]))

const labeledExpand = (prk: Uint8Array, label: string, info: Uint8Array, lengthBytes: number): Uint8Array => {
  const length = Uint8Array.of(lengthBytes >>> 8, lengthBytes & 0xff)
  return hkdfExpand(prk, Buffer.concat([length, VERSION, SUITE_ID, Buffer.from(label), info]), lengthBytes)
}

/** RFC 9180 §5.1 with mode_base: no pre-shared key. */
export function hpkeSchedule(shared: Uint8Array, info: Uint8Array) {
  const pskIdHash = labeledExtract(NOTHING, 'psk_id_hash', NOTHING)
  const context = Buffer.concat([Uint8Array.of(0), pskIdHash, labeledExtract(NOTHING, 'info_hash', info)])
  const secret = labeledExtract(shared, 'secret', NOTHING)
  return {
    key: () => labeledExpand(secret, 'key', context, AEAD_KEY_BYTES),
    nonce: () => labeledExpand(secret, 'base_nonce', context, AEAD_NONCE_BYTES),
    exported: (exporterContext: Uint8Array, lengthBytes: number) =>
      labeledExpand(labeledExpand(secret, 'exp', context, HASH_BYTES), 'sec', exporterContext, lengthBytes),
  }
}

function ownPublic(key: PublicKey): XWingPublicKey {
  if (key instanceof XWingPublicKey) return key
  throw new CryptoError('not a public key of this provider')
}

function ownPrivate(key: PrivateKey): XWingPrivateKey {
  if (key instanceof XWingPrivateKey) return key
  throw new CryptoError('not a private key of this provider')
}

/** Runs `work` on bytes from elsewhere: whatever OpenSSL throws becomes the error that MLS processing expects. */
function guarded<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new CryptoError(error instanceof Error ? error.message : 'cryptographic failure')
  }
}

export const nodeHpke: CiphersuiteImpl['hpke'] = {
  keyLength: AEAD_KEY_BYTES,
  nonceLength: AEAD_NONCE_BYTES,
  seal: async (publicKey, plaintext, info, aad) => {
    const { shared, enc } = guarded(() => xWingEncapsulate(ownPublic(publicKey)))
    const { key, nonce } = hpkeSchedule(shared, info)
    return { enc, ct: aesGcmSeal(key(), nonce(), aad, plaintext) }
  },
  open: async (privateKey, kemOutput, ciphertext, info, aad) =>
    guarded(() => {
      const { key, nonce } = hpkeSchedule(xWingDecapsulate(ownPrivate(privateKey), kemOutput), info)
      return aesGcmOpen(key(), nonce(), aad, ciphertext)
    }),
  exportSecret: async (publicKey, exporterContext, lengthBytes, info) => {
    const { shared, enc } = guarded(() => xWingEncapsulate(ownPublic(publicKey)))
    return { enc, secret: hpkeSchedule(shared, info).exported(exporterContext, lengthBytes) }
  },
  importSecret: async (privateKey, exporterContext, kemOutput, lengthBytes, info) =>
    guarded(() => {
      const shared = xWingDecapsulate(ownPrivate(privateKey), kemOutput)
      return hpkeSchedule(shared, info).exported(exporterContext, lengthBytes)
    }),
  importPrivateKey: async (seed) => guarded(() => new XWingPrivateKey(seed)),
  importPublicKey: async (bytes) => guarded(() => new XWingPublicKey(bytes)),
  exportPublicKey: async (key) => new Uint8Array(ownPublic(key).bytes),
  exportPrivateKey: async (key) => new Uint8Array(ownPrivate(key).seed),
  encryptAead: async (key, nonce, aad, plaintext) => aesGcmSeal(key, nonce, aad, plaintext),
  decryptAead: async (key, nonce, aad, ciphertext) => guarded(() => aesGcmOpen(key, nonce, aad, ciphertext)),
  deriveKeyPair: async (ikm) => deriveXWingKeyPair(ikm),
  generateKeyPair: async () => deriveXWingKeyPair(randomBytes(KEY_SEED_BYTES)),
}
