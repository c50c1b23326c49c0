import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fromHex } from '../base/bytes.ts'
import { createNobleCrypto, createSeededRandom } from '../base/testing/noble-crypto.ts'
import { safetyNumber, safetyNumberSide } from './safety-number.ts'
import { createPerson } from './testing/people.ts'

const vectors: {
  readonly pairs: readonly {
    readonly sides: readonly { readonly account: string; readonly rootKey: string; readonly logInception: string }[]
    readonly digits: string
  }[]
} = JSON.parse(readFileSync(new URL('../../../docs/spec/vectors/safety-number.json', import.meta.url), 'utf8'))

const crypto = await createNobleCrypto()
const random = createSeededRandom(4)
const sideOf = async () => {
  const side = safetyNumberSide((await createPerson(crypto, random)).log)
  if (side === undefined) throw new Error('a person has a root key')
  return side
}

describe('safety numbers', () => {
  it.each(vectors.pairs)('[IDN-16] computes the frozen $digits, from both ends', ({ sides, digits }) => {
    const [a, b] = sides.map((side) => ({
      account: side.account,
      rootKey: fromHex(side.rootKey),
      logInception: fromHex(side.logInception),
    }))
    if (a === undefined || b === undefined) throw new Error('a pair has two sides')
    expect(safetyNumber(a, b)).toBe(digits)
    expect(safetyNumber(b, a)).toBe(digits)
  })

  it('[IDN-16] has 60 digits, and others for anybody else', async () => {
    const [alice, bob, mallory] = [await sideOf(), await sideOf(), await sideOf()]
    const number = safetyNumber(alice, bob)
    expect(number).toMatch(/^[0-9]{60}$/)
    expect(safetyNumber(alice, mallory)).not.toBe(number)
    expect(safetyNumber(mallory, bob)).not.toBe(number)
  })

  it('[IDN-16] changes with the root key and with the history of either side', async () => {
    const [alice, bob] = [await sideOf(), await sideOf()]
    const numbers = [
      safetyNumber(alice, bob),
      safetyNumber({ ...alice, rootKey: bob.rootKey }, bob),
      safetyNumber({ ...alice, logInception: bob.logInception }, bob),
      safetyNumber(alice, { ...bob, rootKey: alice.rootKey }),
    ]
    expect(new Set(numbers).size).toBe(numbers.length)
  })
})
