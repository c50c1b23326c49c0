/** A CryptoPort in plain JavaScript for tests of the core: slow, complete, and free of the platform. */
import { ed25519 } from '@noble/curves/ed25519.js'
import { argon2idAsync } from '@noble/hashes/argon2.js'
import { getCiphersuiteFromName, getCiphersuiteImpl } from 'ts-mls'
import { sha256 } from '../hash.ts'
import { concat } from '../bytes.ts'
import type { CryptoPort, RandomPort } from '../crypto.ts'
import { portableXchacha } from '../xchacha.ts'

export async function createNobleCrypto(): Promise<CryptoPort> {
  const mlsSuite = await getCiphersuiteImpl(getCiphersuiteFromName('MLS_256_XWING_AES256GCM_SHA512_Ed25519'))
  return {
    mlsSuite,
    xchacha20poly1305: portableXchacha,
    ed25519PublicKey: (seed) => ed25519.getPublicKey(seed),
    ed25519Sign: (seed, message) => ed25519.sign(message, seed),
    ed25519Verify: (publicKey, message, signature) => {
      try {
        return ed25519.verify(signature, message, publicKey, { zip215: false })
      } catch {
        return false
      }
    },
    argon2id: (password, salt, cost) =>
      argon2idAsync(password, salt, { m: cost.memoryKiB, t: cost.passes, p: cost.lanes, dkLen: 32 }),
  }
}

/** SHA-256 in counter mode over a numeric seed: the same bytes on every run. */
export function createSeededRandom(seed: number): RandomPort {
  let counter = 0
  return (lengthBytes) => {
    let bytes: Uint8Array = new Uint8Array(0)
    while (bytes.length < lengthBytes) {
      const block = new Uint8Array(12)
      const view = new DataView(block.buffer)
      view.setUint32(0, seed)
      view.setUint32(8, counter++)
      bytes = concat(bytes, sha256(block))
    }
    return bytes.slice(0, lengthBytes)
  }
}
