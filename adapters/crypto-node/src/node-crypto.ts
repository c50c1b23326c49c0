/** The crypto port of a Node process (24.7 or newer: Argon2 and ML-KEM come from its OpenSSL). */
import { argon2, randomFillSync } from 'node:crypto'
import type { CryptoPort, RandomPort } from '@parley/core'
import { ed25519PublicKey, ed25519Sign, ed25519Verify } from './ed25519.ts'
import { nodeHash, nodeKdf } from './hash.ts'
import { nodeHpke } from './hpke.ts'
import { nodeXchacha } from './xchacha.ts'

const ARGON2_OUTPUT_BYTES = 32
const SEED_BYTES = 32

/** Nonces and salts are small and many: the system is asked for this much at a time. */
const RANDOM_POOL_BYTES = 4_096
const randomPool = new Uint8Array(RANDOM_POOL_BYTES)
let randomUsedBytes = RANDOM_POOL_BYTES

/** Bytes that are given out once and erased behind. */
export const nodeRandom: RandomPort = (lengthBytes) => {
  if (lengthBytes > RANDOM_POOL_BYTES / 16) return randomFillSync(new Uint8Array(lengthBytes))
  if (randomUsedBytes + lengthBytes > RANDOM_POOL_BYTES) {
    randomFillSync(randomPool)
    randomUsedBytes = 0
  }
  const end = randomUsedBytes + lengthBytes
  const bytes = randomPool.slice(randomUsedBytes, end)
  randomPool.fill(0, randomUsedBytes, end)
  randomUsedBytes = end
  return bytes
}

/** Stateless but for a bounded cache of parsed public keys, which all ports of the process share. */
export async function createNodeCrypto(): Promise<CryptoPort> {
  return {
    ed25519PublicKey,
    ed25519Sign,
    ed25519Verify,
    argon2id: (message, nonce, { memoryKiB, passes, lanes }) =>
      new Promise((resolve, reject) => {
        const parameters = {
          message,
          nonce,
          parallelism: lanes,
          tagLength: ARGON2_OUTPUT_BYTES,
          memory: memoryKiB,
          passes,
        }
        argon2('argon2id', parameters, (error, key) => (error ? reject(error) : resolve(new Uint8Array(key))))
      }),
    xchacha20poly1305: nodeXchacha,
    mlsSuite: {
      name: 'MLS_256_XWING_AES256GCM_SHA512_Ed25519',
      hash: nodeHash,
      kdf: nodeKdf,
      hpke: nodeHpke,
      rng: { randomBytes: nodeRandom },
      signature: {
        sign: async (seed, message) => ed25519Sign(seed, message),
        verify: async (publicKey, message, signature) => ed25519Verify(publicKey, message, signature),
        keygen: async () => {
          const signKey = nodeRandom(SEED_BYTES)
          return { signKey, publicKey: ed25519PublicKey(signKey) }
        },
      },
    },
  }
}
