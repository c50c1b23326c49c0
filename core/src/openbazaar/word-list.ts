/** The identity that a list of words brings along from OpenBazaar. Spec: OBZ-3. */
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { mnemonicToSeedSync } from '@scure/bip39'
import { utf8, zero } from '../base/bytes.ts'
import type { CryptoPort } from '../base/crypto.ts'
import { ok, type Result } from '../base/result.ts'
import { parseWords, type PhraseRejection } from '../identity/recovery-phrase-words.ts'
import { openBazaarPeerId } from './peer.ts'

export const OPENBAZAAR_WORDS = 12
const PASSPHRASE = 'Secret Passphrase'
const SEED_KEY = utf8('OpenBazaar seed')

/** All byte arrays are fresh and belong to the caller. */
export interface OpenBazaarIdentity {
  /** `Qm…` */
  readonly peerId: string
  /** Ed25519 seed, 32 bytes, secret. */
  readonly seed: Uint8Array
  /** Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array
}

/**
 * The identity of twelve BIP-39 words as OpenBazaar made them. Forgives capitals and white space, nothing else. Runs the
 * 2,048 rounds of PBKDF2 at once, some 5 ms. Spec: OBZ-3.
 */
export async function deriveOpenBazaarIdentity(
  crypto: CryptoPort,
  text: string,
): Promise<Result<OpenBazaarIdentity, PhraseRejection>> {
  const phrase = parseWords(text, [OPENBAZAAR_WORDS])
  if (!phrase.ok) return phrase
  const seed = deriveOpenBazaarSeed(phrase.value)
  const publicKey = await crypto.ed25519PublicKey(seed)
  return ok({ peerId: openBazaarPeerId(publicKey), seed, publicKey })
}

/** The Ed25519 seed (32 bytes, fresh, secret) of a phrase in its one spelling. @throws Error for any other text. OBZ-3 */
export function deriveOpenBazaarSeed(phrase: string): Uint8Array {
  const bip39Seed = mnemonicToSeedSync(phrase, PASSPHRASE)
  const seed = hmac(sha256, SEED_KEY, bip39Seed)
  zero(bip39Seed)
  return seed
}
