import { createNodeCrypto } from '@parley/adapter-crypto-node'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { signatures } from './signatures.ts'

const crypto = await createNodeCrypto()
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })

describe('signatures of a push node', () => {
  it('[HLD-4] [PTR-1] are those of every other device', async () => {
    await fc.assert(
      fc.asyncProperty(bytes(32), fc.uint8Array(), async (seed, message) => {
        const publicKey = await crypto.ed25519PublicKey(seed)
        const signature = await signatures.ed25519Sign(seed, message)
        expect(signature).toEqual(await crypto.ed25519Sign(seed, message))
        expect(await signatures.ed25519Verify(publicKey, message, signature)).toBe(true)
        expect(await signatures.ed25519Verify(publicKey, Uint8Array.of(...message, 0), signature)).toBe(false)
      }),
    )
  })

  it('[HLD-8] any bytes are a signature or none, never a throw', async () => {
    const any = fc.oneof(bytes(32), bytes(64), fc.uint8Array())
    await fc.assert(
      fc.asyncProperty(any, any, any, async (publicKey, message, signature) => {
        expect(await signatures.ed25519Verify(publicKey, message, signature)).toBe(false)
      }),
    )
  })
})
