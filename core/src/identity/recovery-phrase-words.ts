/** Words that stand for a secret (BIP-39, English), as people type them. Spec: IDN-4. */
import { mnemonicToEntropy } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { zero } from '../base/bytes.ts'
import { fail, ok, type Result } from '../base/result.ts'

/** 24 words of at most 8 letters and generous space between them. */
const TEXT_LENGTH_MAX = 1_024
const knownWords: ReadonlySet<string> = new Set(wordlist)

export type PhraseRejection = 'wrong-word-count' | 'unknown-word' | 'bad-checksum'

/**
 * The words in their one spelling: lower case, single spaces. Forgives capitals and any white space around and between
 * them, nothing else. `counts`: how many words there may be.
 */
export function parseWords(text: string, counts: readonly number[]): Result<string, PhraseRejection> {
  if (text.length > TEXT_LENGTH_MAX) return fail('wrong-word-count')
  const words = text.normalize('NFKD').toLowerCase().trim().split(/\s+/u)
  if (!counts.includes(words.length)) return fail('wrong-word-count')
  if (!words.every((word) => knownWords.has(word))) return fail('unknown-word')
  const phrase = words.join(' ')
  try {
    zero(mnemonicToEntropy(phrase, wordlist))
    return ok(phrase)
  } catch {
    return fail('bad-checksum')
  }
}
