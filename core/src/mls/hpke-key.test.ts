import { createNodeCrypto } from '@parley/adapter-crypto-node'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromHex } from '../base/bytes.ts'
import { isUsableHpkeKey } from './hpke-key.ts'

const { hpke } = (await createNodeCrypto()).mlsSuite
const fresh = async () => hpke.exportPublicKey((await hpke.generateKeyPair()).publicKey)

describe('hpke key', () => {
  test('[MLS-7] accepts every generated key', async () => {
    for (let round = 0; round < 20; round++) expect(isUsableHpkeKey(await fresh())).toBe(true)
  })

  test('[MLS-7] refuses unreduced coefficients at every place', async () => {
    const key = await fresh()
    for (let offset = 0; offset < 1_152; offset += 3) {
      const low = new Uint8Array(key)
      low.set([0x01, ((key[offset + 1] ?? 0) & 0xf0) | 0x0d], offset) // 0xd01 = 3329
      expect(isUsableHpkeKey(low)).toBe(false)
      const high = new Uint8Array(key)
      high.set([((key[offset + 1] ?? 0) & 0x0f) | 0x10, 0xd0], offset + 1)
      expect(isUsableHpkeKey(high)).toBe(false)
      high.set([key[offset + 1] ?? 0, 0xcf], offset + 1)
      expect(isUsableHpkeKey(high)).toBe((((key[offset + 1] ?? 0) >>> 4) | 0xcf0) < 3_329)
    }
  })

  test('[MLS-7] refuses points of small order, with the ignored bit set or not', async () => {
    const key = await fresh()
    const points = ['00'.repeat(32), `01${'00'.repeat(31)}`, `ec${'ff'.repeat(30)}7f`, `ed${'ff'.repeat(30)}ff`]
    for (const point of points) {
      const mutated = new Uint8Array(key)
      mutated.set(fromHex(point), 1_184)
      expect(isUsableHpkeKey(mutated)).toBe(false)
    }
  })

  test('[MLS-7] whatever it accepts, the platform can encapsulate to', async () => {
    const key = await fresh()
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.nat(1_151),
        fc.nat(255),
        async (point, at, byte) => {
          const mutated = new Uint8Array(key)
          mutated.set(point, 1_184)
          mutated[at] = byte
          if (isUsableHpkeKey(mutated)) {
            await hpke.seal(await hpke.importPublicKey(mutated), new Uint8Array(3), new Uint8Array())
          }
        },
      ),
      { numRuns: 200 },
    )
  })
})
