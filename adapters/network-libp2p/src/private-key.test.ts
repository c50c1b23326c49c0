import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { privateKeyOf } from './private-key.ts'

it('the key of a seed is the one that libp2p makes of it', () =>
  fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 32, maxLength: 32 }), async (seed) => {
      const [own, theirs] = [privateKeyOf(seed), await generateKeyPairFromSeed('Ed25519', seed)]
      expect(own.equals(theirs)).toBe(true)
      expect(own.publicKey.equals(theirs.publicKey)).toBe(true)
    }),
    { numRuns: 20 },
  ))
