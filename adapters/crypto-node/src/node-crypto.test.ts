import { createHmac, hkdfSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { cryptoContract } from '../../../core/src/base/contract/crypto.suite.ts'
import { createNobleCrypto } from '../../../core/src/base/testing/noble-crypto.ts'
import { ed25519, publicKeyOf } from './der.ts'
import { hkdfExpand, hkdfExtract, hmac } from './hash.ts'
import { KEY_OBJECTS_MAX, PublicKeyCache } from './key-cache.ts'
import { createNodeCrypto, nodeRandom } from './node-crypto.ts'

const port = await createNodeCrypto()
const reference = await createNobleCrypto()

describe('node crypto', () => {
  test.each(cryptoContract)('[MLS-1] $name', ({ run }) => run(port, reference))

  test('[MLS-1] HMAC and HKDF agree with the platform’s for every length', () => {
    for (let length = 0; length < 300; length += 13) {
      const [key, data] = [nodeRandom(length), nodeRandom(300 - length)]
      const platform = new Uint8Array(createHmac('sha512', key).update(data).digest())
      expect(hmac(key, data.subarray(0, 5), data.subarray(5))).toEqual(platform)
      const derived = new Uint8Array(hkdfSync('sha512', key, data, nodeRandom(0), length + 1))
      expect(hkdfExpand(hkdfExtract(data, key), new Uint8Array(), length + 1)).toEqual(derived)
    }
    expect(() => hkdfExpand(new Uint8Array(64), new Uint8Array(), 255 * 64 + 1)).toThrow(RangeError)
  })

  test('[MLS-1] keeps a bounded number of parsed keys, dropping the least recently used', () => {
    let parsed = 0
    const cache = new PublicKeyCache((bytes) => (parsed++, publicKeyOf(ed25519, bytes)), 3)
    const key = (byte: number) => new Uint8Array(32).fill(byte)
    for (const byte of [1, 2, 3, 1, 4, 1]) cache.get(key(byte))
    expect([parsed, cache.size]).toEqual([4, 3])
    cache.get(key(2))
    expect([parsed, cache.size]).toEqual([5, 3])
    expect(KEY_OBJECTS_MAX).toBeGreaterThan(0)
    expect(() => cache.get(new Uint8Array(3))).toThrow(RangeError)
    expect(cache.size).toBe(3)
  })

  test('[MLS-1] a changed seed array is a changed key', async () => {
    const [seed, message] = [nodeRandom(32), nodeRandom(10)]
    const first = await port.ed25519Sign(seed, message)
    seed.set(nodeRandom(32))
    const second = await port.ed25519Sign(seed, message)
    expect(second).not.toEqual(first)
    expect(await port.ed25519Verify(await port.ed25519PublicKey(seed), message, second)).toBe(true)
  })
})
