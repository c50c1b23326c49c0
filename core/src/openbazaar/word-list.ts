/** The identity that a list of words brings along from OpenBazaar. Spec: OBZ-3. */
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { mnemonicToEntropy, mnemonicToSeedSync } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { utf8, zero } from '../base/bytes.ts'
import type { CryptoPort } from '../base/crypto.ts'
import { fail, ok, type Result } from '../base/result.ts'
import type { PhraseRejection } from '../identity/recovery-phrase.ts'
import { openBazaarPeerId } from './peer.ts'

const WORDS = 12
const TEXT_LENGTH_MAX = 1_024
const PASSPHRASE = 'Secret Passphrase'
const SEED_KEY = utf8('OpenBazaar seed')
const knownWords: ReadonlySet<string> = new Set(wordlist)

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
  const words = text.length > TEXT_LENGTH_MAX ? [] : text.normalize('NFKD').toLowerCase().trim().split(/\s+/u)
  if (words.length !== WORDS) return fail('wrong-word-count')
  if (!words.every((word) => knownWords.has(word))) return fail('unknown-word')
  const phrase = words.join(' ')
  if (!hasChecksum(phrase)) return fail('bad-checksum')
  const bip39Seed = mnemonicToSeedSync(phrase, PASSPHRASE)
  const seed = hmac(sha256, SEED_KEY, bip39Seed)
  zero(bip39Seed)
  const publicKey = await crypto.ed25519PublicKey(seed)
  return ok({ peerId: openBazaarPeerId(publicKey), seed, publicKey })
}

function hasChecksum(phrase: string): boolean {
  try {
    zero(mnemonicToEntropy(phrase, wordlist))
    return true
  } catch {
    return false
  }
}
