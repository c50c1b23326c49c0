/** Cryptography that repeats itself, for simulations only: the same seed and inputs give the same bytes. */
import type { CryptoPort, RandomPort } from '@parley/core'
import { uint16, utf8 } from '@parley/core'
import type { PublicKey } from 'ts-mls'
import { aesGcmSeal } from './aead.ts'
import { hkdfExpand, hmac, sha512 } from './hash.ts'
import { hpkeSchedule } from './hpke.ts'

const ENCAPSULATION_SEED_BYTES = 64
const KEY_SEED_BYTES = 32
const NOTHING = new Uint8Array()

/** Loaded on first use: processes that do not simulate never need it. */
async function xWing() {
  const { XWing } = await import('@hpke/hybridkem-x-wing')
  return new XWing()
}

/**
 * A stream of bytes that depends on the seed and on what was drawn before. Two instances of one seed give the same
 * stream.
 */
export function createSeededRandom(seed: Uint8Array): RandomPort {
  const key = hmac(seed, utf8('parley simulation random'))
  let draws = 0
  return (lengthBytes) => {
    const info = utf8(`${draws++}`)
    return hkdfExpand(key, info, lengthBytes)
  }
}

/**
 * `base` with every draw of randomness replaced: the generator, fresh key pairs, and HPKE's ephemeral keys. Those come
 * from a hash of seed, recipient and all that is sealed, not from a stream, because a commit seals in parallel and the
 * order of its parts is nobody's promise.
 *
 * Never for real messages: equal inputs seal to equal bytes. What it seals every port opens.
 */
export function createSeededCrypto(base: CryptoPort, seed: Uint8Array): CryptoPort {
  const { mlsSuite } = base
  const { hpke } = mlsSuite
  const random = createSeededRandom(seed)
  const encapsulationKey = hmac(seed, utf8('parley simulation encapsulation'))

  async function encapsulate(publicKey: PublicKey, ...sealed: readonly Uint8Array[]) {
    const recipient = new Uint8Array(await hpke.exportPublicKey(publicKey))
    const ekm = hmac(encapsulationKey, ...[recipient, ...sealed].map(sha512))
    const kem = await xWing()
    const recipientPublicKey = await kem.deserializePublicKey(recipient.buffer)
    const { sharedSecret, enc } = await kem.encap({
      recipientPublicKey,
      ekm: new Uint8Array(ekm.subarray(0, ENCAPSULATION_SEED_BYTES)).buffer,
    })
    return { shared: new Uint8Array(sharedSecret), enc: new Uint8Array(enc) }
  }

  return {
    ...base,
    mlsSuite: {
      ...mlsSuite,
      rng: { randomBytes: random },
      signature: {
        ...mlsSuite.signature,
        keygen: async () => {
          const signKey = random(KEY_SEED_BYTES)
          return { signKey, publicKey: await base.ed25519PublicKey(signKey) }
        },
      },
      hpke: {
        ...hpke,
        generateKeyPair: () => hpke.deriveKeyPair(random(KEY_SEED_BYTES)),
        seal: async (publicKey, plaintext, info, aad = NOTHING) => {
          const { shared, enc } = await encapsulate(publicKey, plaintext, info, aad)
          const { key, nonce } = hpkeSchedule(shared, info)
          return { enc, ct: aesGcmSeal(key(), nonce(), aad, plaintext) }
        },
        exportSecret: async (publicKey, exporterContext, lengthBytes, info) => {
          const { shared, enc } = await encapsulate(publicKey, exporterContext, uint16(lengthBytes), info)
          return { enc, secret: hpkeSchedule(shared, info).exported(exporterContext, lengthBytes) }
        },
      },
    },
  }
}
