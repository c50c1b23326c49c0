import { readFileSync } from 'node:fs'
import { entropyToMnemonic, mnemonicToSeedSync } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex, utf8 } from '../base/bytes.ts'
import { deriveKey, sha256 } from '../base/hash.ts'
import { createNobleCrypto, createSeededRandom } from '../base/testing/noble-crypto.ts'
import { openBazaarPeerId } from '../openbazaar/peer.ts'
import type { OpenBazaarVectors } from '../openbazaar/testing/vectors.ts'
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
  readonly openBazaarPhrases: readonly {
    readonly phrase: string
    readonly peerId: string
    readonly account: string
    readonly rootSeed: string
    readonly nextRootHash: string
    readonly backupKey: string
  }[]
} = JSON.parse(readFileSync(new URL('../../../docs/spec/vectors/recovery-phrase.json', import.meta.url), 'utf8'))
const {
  identities,
}: { readonly identities: readonly [OpenBazaarVectors['identities'][0], ...OpenBazaarVectors['identities']] } =
  JSON.parse(readFileSync(new URL('../../../docs/spec/vectors/openbazaar.json', import.meta.url), 'utf8'))
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

  it.each(identities)(
    '[IDN-17] [IDN-18] twelve words of OpenBazaar are its account again: $peerID',
    async (identity) => {
      const words = identity.mnemonic
      expect(parseRecoveryPhrase(` ${words.toUpperCase().replaceAll(' ', '\n')}`)).toEqual({ ok: true, value: words })
      const secrets = await deriveAccountSecrets(crypto, words)
      expect([toHex(secrets.rootSeed), toHex(secrets.rootKey)]).toEqual([
        identity.ed25519SeedHex,
        identity.ed25519PublicHex,
      ])
      expect(openBazaarPeerId(secrets.rootKey)).toBe(identity.peerID)
      expect(secrets.account).toBe(accountOfKey(fromHex(identity.ed25519PublicHex)))
      const info = (label: string) => deriveKey(fromHex(identity.ed25519SeedHex), utf8(label))
      expect(secrets.backupKey).toEqual(info('parley/backup/0'))
      expect(secrets.nextRootHash).toEqual(sha256(await crypto.ed25519PublicKey(info('parley/root/1'))))
    },
  )

  it.each(vectors.openBazaarPhrases)('[IDN-18] derives the frozen account of $peerId', async (frozen) => {
    const { account, rootKey, rootSeed, nextRootHash, backupKey } = await deriveAccountSecrets(crypto, frozen.phrase)
    expect([account, openBazaarPeerId(rootKey), toHex(rootSeed), toHex(nextRootHash), toHex(backupKey)]).toEqual([
      frozen.account,
      frozen.peerId,
      frozen.rootSeed,
      frozen.nextRootHash,
      frozen.backupKey,
    ])
  })

  it('[IDN-17] twelve words are told apart from a phrase that was not finished', () => {
    const [{ mnemonic }] = identities
    const words = mnemonic.split(' ')
    expect(parseRecoveryPhrase(words.slice(1).join(' '))).toEqual({ ok: false, reason: 'wrong-word-count' })
    expect(parseRecoveryPhrase([...words.slice(1), 'parley'].join(' '))).toEqual({ ok: false, reason: 'unknown-word' })
    expect(parseRecoveryPhrase(words.toReversed().join(' '))).toEqual({ ok: false, reason: 'bad-checksum' })
    const half = createRecoveryPhrase(createSeededRandom(1)).split(' ').slice(0, 12)
    expect(parseRecoveryPhrase(half.join(' '))).toEqual({ ok: false, reason: 'bad-checksum' })
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
