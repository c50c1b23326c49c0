/** The words from which an account can be restored: 24 of ours, or the 12 of an OpenBazaar identity. Spec: IDN-4, IDN-17. */
import { entropyToMnemonic, mnemonicToSeedSync } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { utf8, zero } from '../base/bytes.ts'
import type { CryptoPort, RandomPort } from '../base/crypto.ts'
import { deriveKey, sha256 } from '../base/hash.ts'
import type { Result } from '../base/result.ts'
import { deriveOpenBazaarSeed, OPENBAZAAR_WORDS } from '../openbazaar/word-list.ts'
import { accountOfKey, type AccountId } from './did-key.ts'
import { parseWords, type PhraseRejection } from './recovery-phrase-words.ts'

export type { PhraseRejection } from './recovery-phrase-words.ts'

const WORDS = 24
const ENTROPY_BYTES = 32

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
 * the words, nothing else. Spec: IDN-4, IDN-17.
 */
export const parseRecoveryPhrase = (text: string): Result<string, PhraseRejection> =>
  parseWords(text, [WORDS, OPENBAZAAR_WORDS])

/**
 * Derives the account's keys from a phrase that {@link parseRecoveryPhrase} accepted or {@link createRecoveryPhrase}
 * made. Runs the 2,048 rounds of PBKDF2 at once, some 5 ms. @throws Error for any other text. Spec: IDN-5, IDN-18.
 */
export async function deriveAccountSecrets(crypto: CryptoPort, phrase: string): Promise<AccountSecrets> {
  const isOfOpenBazaar = phrase.split(' ').length === OPENBAZAAR_WORDS
  const seed = isOfOpenBazaar ? deriveOpenBazaarSeed(phrase) : mnemonicToSeedSync(phrase)
  const rootSeed = isOfOpenBazaar ? seed.slice() : deriveKey(seed, utf8('parley/root/0'))
  const nextRootSeed = deriveKey(seed, utf8('parley/root/1'))
  const backupKey = deriveKey(seed, utf8('parley/backup/0'))
  zero(seed)
  const rootKey = await crypto.ed25519PublicKey(rootSeed)
  const nextRootHash = sha256(await crypto.ed25519PublicKey(nextRootSeed))
  zero(nextRootSeed)
  return { account: accountOfKey(rootKey), rootSeed, rootKey, nextRootHash, backupKey }
}
