import { describe, expect, test } from 'vitest'
import { cryptoContract } from '../../../core/src/base/contract/crypto.suite.ts'
import { createNobleCrypto } from '../../../core/src/base/testing/noble-crypto.ts'
import { createEd25519, PUBLIC_KEYS_MAX, scripted } from './ed25519.ts'
import { createWebCrypto, webRandom } from './web-crypto.ts'

const port = await createWebCrypto()
const reference = await createNobleCrypto()

describe('web crypto', () => {
  test.each(cryptoContract)('[MLS-1] $name', ({ run }) => run(port, reference))

  test('[MLS-1] without native Ed25519 the JavaScript one takes over, with the same signatures', async () => {
    const lacking = new Proxy(crypto.subtle, {
      get: (target, name) =>
        name === 'importKey' ? () => Promise.reject(new Error('NotSupportedError')) : Reflect.get(target, name),
    })
    expect(await createEd25519(lacking)).toBe(scripted)
    const [native, seed, message] = [await createEd25519(crypto.subtle), webRandom(32), webRandom(100)]
    expect(native).not.toBe(scripted)
    const signature = await scripted.sign(seed, message)
    expect(await native.sign(seed, message)).toEqual(signature)
    const publicKey = await port.ed25519PublicKey(seed)
    expect([
      await native.verify(publicKey, message, signature),
      await scripted.verify(publicKey, message, signature),
    ]).toEqual([true, true])
    for (const [key, text, signed] of [
      [publicKey, webRandom(100), signature],
      [new Uint8Array(3), message, signature],
      [publicKey, message, new Uint8Array(3)],
    ] as const) {
      expect([await native.verify(key, text, signed), await scripted.verify(key, text, signed)]).toEqual([false, false])
    }
  })

  test('[MLS-1] more keys than are kept still verify, and a changed seed array is a changed key', async () => {
    const seed = webRandom(32)
    const message = webRandom(10)
    for (let round = 0; round < PUBLIC_KEYS_MAX + 10; round++)
      await port.ed25519Verify(webRandom(32), message, new Uint8Array(64))
    const first = await port.ed25519Sign(seed, message)
    seed.set(webRandom(32))
    const second = await port.ed25519Sign(seed, message)
    expect(second).not.toEqual(first)
    expect(await port.ed25519Verify(await port.ed25519PublicKey(seed), message, second)).toBe(true)
  })

  test('[MLS-1] gives random bytes beyond one platform call', () => {
    const bytes = webRandom(200_000)
    expect(bytes.length).toBe(200_000)
    expect(bytes.subarray(150_000).some((byte) => byte !== 0)).toBe(true)
  })
})
