/** Ed25519 on WebCrypto, or in JavaScript where the platform lacks it. */
import { ed25519 } from '@noble/curves/ed25519.js'

/** Imported public keys kept per page. */
export const PUBLIC_KEYS_MAX = 1_024

const KEY_BYTES = 32
const SIGNATURE_BYTES = 64
const PKCS8_PREFIX = Uint8Array.of(48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32)

export interface Ed25519 {
  sign(seed: Uint8Array, message: Uint8Array): Promise<Uint8Array>
  /** False for every malformed key or signature; never throws. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean>
}

/** WebCrypto's when the platform has Ed25519 (asked once, with a key), else the JavaScript implementation. */
export async function createEd25519(subtle: SubtleCrypto): Promise<Ed25519> {
  const isNative = await subtle
    .importKey('raw', ed25519.getPublicKey(new Uint8Array(KEY_BYTES)), 'Ed25519', false, ['verify'])
    .then(
      () => true,
      () => false,
    )
  return isNative ? createNative(subtle) : scripted
}

export const scripted: Ed25519 = {
  sign: async (seed, message) => ed25519.sign(message, seed),
  verify: async (publicKey, message, signature) => {
    try {
      // strict like the native ones: the cofactored rules would accept what other members refuse
      return ed25519.verify(signature, message, publicKey, { zip215: false })
    } catch {
      return false
    }
  },
}

function createNative(subtle: SubtleCrypto): Ed25519 {
  const publicKeys = new Map<string, Promise<CryptoKey>>()
  // by the seed's array, with a copy of its bytes: a secret never becomes a string, and a changed array is noticed
  const privateKeys = new WeakMap<Uint8Array, { readonly seed: Uint8Array; readonly key: Promise<CryptoKey> }>()

  function publicKeyOf(bytes: Uint8Array): Promise<CryptoKey> {
    const id = String.fromCharCode(...bytes)
    const key = publicKeys.get(id) ?? subtle.importKey('raw', new Uint8Array(bytes), 'Ed25519', false, ['verify'])
    publicKeys.delete(id)
    publicKeys.set(id, key)
    if (publicKeys.size > PUBLIC_KEYS_MAX) {
      const oldest = publicKeys.keys().next()
      if (!oldest.done) publicKeys.delete(oldest.value)
    }
    return key
  }

  function privateKeyOf(seed: Uint8Array): Promise<CryptoKey> {
    const known = privateKeys.get(seed)
    if (known !== undefined && known.seed.every((byte, index) => byte === seed[index])) return known.key
    const wrapped = new Uint8Array([...PKCS8_PREFIX, ...seed])
    const key = subtle.importKey('pkcs8', wrapped, 'Ed25519', false, ['sign'])
    privateKeys.set(seed, { seed: new Uint8Array(seed), key })
    return key
  }

  return {
    sign: async (seed, message) => {
      const signature = await subtle.sign('Ed25519', await privateKeyOf(seed), new Uint8Array(message))
      return new Uint8Array(signature)
    },
    verify: async (publicKey, message, signature) => {
      if (publicKey.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false
      try {
        const key = await publicKeyOf(publicKey)
        return await subtle.verify('Ed25519', key, new Uint8Array(signature), new Uint8Array(message))
      } catch {
        // bytes that are no point on the curve
        return false
      }
    },
  }
}
