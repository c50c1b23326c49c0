import { readFileSync } from 'node:fs'
import { entropyToMnemonic, mnemonicToSeedSync } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../base/bytes.ts'
import { createNobleCrypto, createSeededRandom } from '../base/testing/noble-crypto.ts'
import { accountOfKey } from './did-key.ts'
import { createRecoveryPhrase, deriveAccountSecrets, parseRecoveryPhrase } from './recovery-phrase.ts'

const vectors: {
  readonly phrases: readonly {
    readonly entropy: string
    readonly phrase: string
    readonly seedWithPassphraseTrezor: string
    readonly account: string
    readonly rootSeed: string
    readonly nextRootHash: string
    readonly backupKey: string
  }[]
} = JSON.parse(readFileSync(new URL('../../../docs/spec/vectors/recovery-phrase.json', import.meta.url), 'utf8'))
const crypto = await createNobleCrypto()

describe('recovery phrases', () => {
  it.each(vectors.phrases)(
    '[IDN-4] reads the BIP-39 example of $entropy',
    ({ entropy, phrase, seedWithPassphraseTrezor }) => {
      expect(entropyToMnemonic(fromHex(entropy), wordlist)).toBe(phrase)
      expect(toHex(mnemonicToSeedSync(phrase, 'TREZOR'))).toBe(seedWithPassphraseTrezor)
      expect(parseRecoveryPhrase(phrase)).toEqual({ ok: true, value: phrase })
    },
  )

  it.each(vectors.phrases)('[IDN-5] derives the frozen account of $entropy', async ({ phrase, account, ...frozen }) => {
    const secrets = await deriveAccountSecrets(crypto, phrase)
    expect(secrets.account).toBe(account)
    expect(accountOfKey(secrets.rootKey)).toBe(account)
    expect(toHex(secrets.rootSeed)).toBe(frozen.rootSeed)
    expect(toHex(secrets.backupKey)).toBe(frozen.backupKey)
    expect(toHex(secrets.nextRootHash)).toBe(frozen.nextRootHash)
  })

  it('[IDN-4] makes 24 words that read back', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const phrase = createRecoveryPhrase(createSeededRandom(seed))
        expect(phrase.split(' ')).toHaveLength(24)
        expect(parseRecoveryPhrase(phrase)).toEqual({ ok: true, value: phrase })
      }),
    )
  })

  it('[IDN-4] forgives capitals and white space', () => {
    const phrase = createRecoveryPhrase(createSeededRandom(1))
    const words = phrase.toUpperCase().split(' ')
    expect(parseRecoveryPhrase(` \n${words.join('  \t\u3000')}\r\n`)).toEqual({ ok: true, value: phrase })
  })

  it('[IDN-4] says what is wrong', () => {
    const phrase = createRecoveryPhrase(createSeededRandom(1))
    const words = phrase.split(' ')
    expect(parseRecoveryPhrase('')).toEqual({ ok: false, reason: 'wrong-word-count' })
    expect(parseRecoveryPhrase(words.slice(1).join(' '))).toEqual({ ok: false, reason: 'wrong-word-count' })
    expect(parseRecoveryPhrase(`${phrase} abandon`)).toEqual({ ok: false, reason: 'wrong-word-count' })
    expect(parseRecoveryPhrase('abandon '.repeat(100_000))).toEqual({ ok: false, reason: 'wrong-word-count' })
    expect(parseRecoveryPhrase([...words.slice(1), 'parley'].join(' '))).toEqual({ ok: false, reason: 'unknown-word' })
    expect(parseRecoveryPhrase(words.toReversed().join(' '))).toEqual({ ok: false, reason: 'bad-checksum' })
  })

  it('[IDN-4] any text has an outcome', () => {
    const words = fc.array(fc.oneof(fc.constantFrom(...wordlist), fc.string()), { maxLength: 26 })
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          words.map((list) => list.join(' ')),
        ),
        (text) => {
          const parsed = parseRecoveryPhrase(text)
          if (parsed.ok) expect(parseRecoveryPhrase(parsed.value)).toEqual(parsed)
        },
      ),
    )
  })
})
