import { readFileSync } from 'node:fs'
import { ed25519 } from '@noble/curves/ed25519.js'
import { base58 } from '@scure/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat, fromHex, toHex } from '../base/bytes.ts'
import { accountOfKey, parseAccount } from './did-key.ts'
import { isUsableEd25519Key } from './ed25519-key.ts'

const vectors: {
  readonly accounts: readonly { readonly seed: string; readonly publicKey: string; readonly account: string }[]
  readonly refused: readonly { readonly what: string; readonly account: string }[]
} = JSON.parse(readFileSync(new URL('../../../docs/spec/vectors/did-key.json', import.meta.url), 'utf8'))
const seed = fc.uint8Array({ minLength: 32, maxLength: 32 })

describe('did:key', () => {
  it.each(vectors.accounts)('[IDN-1] agrees with the published example $account', (vector) => {
    const key = ed25519.getPublicKey(fromHex(vector.seed))
    expect(toHex(key)).toBe(vector.publicKey)
    expect(accountOfKey(key)).toBe(vector.account)
    expect(toHex(parseAccount(vector.account) ?? new Uint8Array())).toBe(vector.publicKey)
  })

  it.each(vectors.refused)('[IDN-1] refuses $what', ({ account }) => {
    expect(parseAccount(account)).toBeUndefined()
  })

  it('[IDN-1] reads back every key that it names', () => {
    fc.assert(
      fc.property(seed, (bytes) => {
        const key = ed25519.getPublicKey(bytes)
        const account = accountOfKey(key)
        expect(account).toMatch(/^did:key:z6Mk[1-9A-HJ-NP-Za-km-z]{44}$/)
        expect(parseAccount(account)).toEqual(key)
      }),
    )
  })

  it('[IDN-1] any text has an outcome, and what is accepted has one spelling', () => {
    const near = fc.tuple(fc.nat(55), fc.string({ minLength: 1, maxLength: 1 })).map(([position, letter]) => {
      const account = accountOfKey(ed25519.getPublicKey(new Uint8Array(32)))
      return account.slice(0, position) + letter + account.slice(position + 1)
    })
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), near), (text) => {
        const key = parseAccount(text)
        if (key !== undefined) expect(accountOfKey(key)).toBe(text)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('keys that prove nothing', () => {
  /** Every point whose order divides 8 in every spelling that a lenient reader takes. */
  const torsion = (() => {
    const generator = ed25519.Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a')
    const points = Array.from({ length: 7 }, (_, index) => generator.multiplyUnsafe(BigInt(index + 1)))
    const canonical = [ed25519.Point.ZERO, ...points].map((point) => point.toHex())
    const p = 2n ** 255n - 19n
    const lenient = [p, p + 1n].flatMap((y) => [y, y | (2n ** 255n)]).map((y) => littleEndian(y))
    return [...canonical, ...lenient]
  })()

  function littleEndian(value: bigint): string {
    const bigEndian = value.toString(16).padStart(64, '0')
    return (bigEndian.match(/../g) ?? []).toReversed().join('')
  }

  it('[IDN-2] the list is that of all points of small order', () => {
    expect(new Set(torsion).size).toBe(12)
    for (const key of torsion) {
      expect(ed25519.Point.fromHex(key, true).isSmallOrder()).toBe(true)
      expect(isUsableEd25519Key(fromHex(key))).toBe(false)
    }
  })

  it('[IDN-2] refuses them, other lengths and non-canonical spellings in an account', () => {
    for (const key of torsion) {
      expect(parseAccount(`did:key:z${base58.encode(concat(Uint8Array.of(0xed, 1), fromHex(key)))}`)).toBeUndefined()
    }
    const beyondPrime = new Uint8Array(32).fill(0xff)
    expect(isUsableEd25519Key(beyondPrime)).toBe(false)
    expect(isUsableEd25519Key(new Uint8Array(31).fill(5))).toBe(false)
    expect(isUsableEd25519Key(new Uint8Array(33).fill(5))).toBe(false)
  })

  it('[IDN-2] takes every key that a seed makes', () => {
    fc.assert(
      fc.property(seed, (bytes) => {
        expect(isUsableEd25519Key(ed25519.getPublicKey(bytes))).toBe(true)
      }),
    )
  })
})
