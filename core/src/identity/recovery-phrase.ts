/** Twenty-four words from which an account can be restored (BIP-39, English, no passphrase). */
import { entropyToMnemonic, mnemonicToEntropy, mnemonicToSeedSync } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { utf8, zero } from '../base/bytes.ts'
import type { CryptoPort, RandomPort } from '../base/crypto.ts'
import { deriveKey, sha256 } from '../base/hash.ts'
import { fail, ok, type Result } from '../base/result.ts'
import { accountOfKey, type AccountId } from './did-key.ts'

const WORDS = 24
const ENTROPY_BYTES = 32
/** 24 words of at most 8 letters and generous space between them. */
const TEXT_LENGTH_MAX = 1_024
const knownWords: ReadonlySet<string> = new Set(wordlist)

export type PhraseRejection = 'wrong-word-count' | 'unknown-word' | 'bad-checksum'

/** Everything that the words determine. All byte arrays are fresh and belong to the caller. */
export interface AccountSecrets {
  readonly account: AccountId
  /** Ed25519 seed of the root key, 32 bytes: signs device certificates and the identity log. */
  readonly rootSeed: Uint8Array
  readonly rootKey: Uint8Array
  /** SHA-256 of the public key that may replace the root key one day; committed to by the identity log. */
  readonly nextRootHash: Uint8Array
  /** 32 bytes; encrypts backups. */
  readonly backupKey: Uint8Array
}

/** Makes a new phrase of 24 words, single spaces between, lower case. Spec: IDN-4. */
export function createRecoveryPhrase(random: RandomPort): string {
  const entropy = random(ENTROPY_BYTES)
  const phrase = entropyToMnemonic(entropy, wordlist)
  zero(entropy)
  return phrase
}

/**
 * The phrase in its one spelling: lower case, single spaces. Forgives capitals and any white space around and between
 * the words, nothing else. Spec: IDN-4.
 */
export function parseRecoveryPhrase(text: string): Result<string, PhraseRejection> {
  if (text.length > TEXT_LENGTH_MAX) return fail('wrong-word-count')
  const words = text.normalize('NFKD').toLowerCase().trim().split(/\s+/u)
  if (words.length !== WORDS) return fail('wrong-word-count')
  if (!words.every((word) => knownWords.has(word))) return fail('unknown-word')
  const phrase = words.join(' ')
  try {
    zero(mnemonicToEntropy(phrase, wordlist))
    return ok(phrase)
  } catch {
    return fail('bad-checksum')
  }
}

/**
 * Derives the account's keys from a phrase that {@link parseRecoveryPhrase} accepted or {@link createRecoveryPhrase}
 * made. Runs the 2,048 rounds of PBKDF2 at once, some 5 ms. @throws Error for any other text. Spec: IDN-5.
 */
export async function deriveAccountSecrets(crypto: CryptoPort, phrase: string): Promise<AccountSecrets> {
  const seed = mnemonicToSeedSync(phrase)
  const rootSeed = deriveKey(seed, utf8('parley/root/0'))
  const nextRootSeed = deriveKey(seed, utf8('parley/root/1'))
  const backupKey = deriveKey(seed, utf8('parley/backup/0'))
  zero(seed)
  const rootKey = await crypto.ed25519PublicKey(rootSeed)
  const nextRootHash = sha256(await crypto.ed25519PublicKey(nextRootSeed))
  zero(nextRootSeed)
  return { account: accountOfKey(rootKey), rootSeed, rootKey, nextRootHash, backupKey }
}
