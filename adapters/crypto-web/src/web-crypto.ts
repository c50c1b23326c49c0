/** The crypto port of a page or worker. */
import { ed25519 } from '@noble/curves/ed25519.js'
import { argon2idAsync } from '@noble/hashes/argon2.js'
import { portableXchacha, type CryptoPort, type RandomPort } from '@parley/core'
import { getCiphersuiteFromName, getCiphersuiteImpl } from 'ts-mls'
import { createEd25519 } from './ed25519.ts'
import { webHash, webKdf } from './hash.ts'

const ARGON2_OUTPUT_BYTES = 32
const SEED_BYTES = 32
/** What one call of `getRandomValues` gives. */
const RANDOM_CHUNK_BYTES = 65_536

export const webRandom: RandomPort = (lengthBytes) => {
  const bytes = new Uint8Array(lengthBytes)
  for (let offset = 0; offset < lengthBytes; offset += RANDOM_CHUNK_BYTES) {
    crypto.getRandomValues(bytes.subarray(offset, offset + RANDOM_CHUNK_BYTES))
  }
  return bytes
}

/** WebCrypto for signatures and AES, JavaScript for hashes, X-Wing and Argon2id (which yields to the event loop). */
export async function createWebCrypto(): Promise<CryptoPort> {
  const suite = await getCiphersuiteImpl(getCiphersuiteFromName('MLS_256_XWING_AES256GCM_SHA512_Ed25519'))
  const { sign, verify } = await createEd25519(crypto.subtle)
  return {
    ed25519PublicKey: (seed) => ed25519.getPublicKey(seed),
    ed25519Sign: sign,
    ed25519Verify: verify,
    argon2id: (password, salt, { memoryKiB, passes, lanes }) =>
      argon2idAsync(password, salt, { m: memoryKiB, t: passes, p: lanes, dkLen: ARGON2_OUTPUT_BYTES }),
    xchacha20poly1305: portableXchacha,
    mlsSuite: {
      ...suite,
      hash: webHash,
      kdf: webKdf,
      rng: { randomBytes: webRandom },
      signature: {
        sign,
        verify,
        keygen: async () => {
          const signKey = webRandom(SEED_BYTES)
          return { signKey, publicKey: ed25519.getPublicKey(signKey) }
        },
      },
    },
  }
}
