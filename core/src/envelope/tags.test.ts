import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex } from '../base/bytes.ts'
import { envelopeTag, isTaggedBy, TAG_BYTES } from './tags.ts'

const secrets = fc.uint8Array({ minLength: 32, maxLength: 32 })
const nonces = fc.uint8Array({ minLength: 24, maxLength: 24 })

describe('tags', () => {
  it('[ENV-2] are known again by the members of the epoch and by nobody else, and no two envelopes share one', () => {
    fc.assert(
      fc.property(secrets, secrets, nonces, nonces, (a, b, nonce, other) => {
        fc.pre(toHex(a) !== toHex(b) && toHex(nonce) !== toHex(other))
        const tag = envelopeTag(a, nonce)
        expect(tag).toHaveLength(TAG_BYTES)
        expect(isTaggedBy(a, { tag, nonce })).toBe(true)
        expect(isTaggedBy(b, { tag, nonce })).toBe(false)
        expect(isTaggedBy(a, { tag, nonce: other })).toBe(false)
        expect(envelopeTag(a, other)).not.toEqual(tag)
      }),
    )
  })

  it('[ENV-2] are HMAC-SHA-256 of label and nonce, as any other implementation computes it', () => {
    const secret = new Uint8Array(32).fill(9)
    const nonce = new Uint8Array(24).fill(7)
    const expected = createHmac('sha256', secret).update('tag').update(nonce).digest().subarray(0, 16)
    expect(toHex(envelopeTag(secret, nonce))).toBe(expected.toString('hex'))
  })
})
