import { hkdfSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex } from '../base/bytes.ts'
import { TAG_BUCKET_MS } from '../base/limits.ts'
import { handshakeTag, messageTag, tagBucket } from './tags.ts'

const secrets = fc.uint8Array({ minLength: 32, maxLength: 32 })

describe('tags', () => {
  it('[ENV-2] change every six hours, and no two hours, epochs or uses share one', () => {
    fc.assert(
      fc.property(secrets, secrets, fc.nat(2 ** 40), fc.nat(200), (a, b, now, later) => {
        const bucket = tagBucket(now)
        expect(tagBucket(now + TAG_BUCKET_MS)).toBe(bucket + 1)
        const tags = [messageTag(a, bucket), messageTag(a, bucket + 1 + later), handshakeTag(a)]
        expect(new Set(tags.map(toHex)).size).toBe(3)
        expect(tags.every((tag) => tag.length === 16)).toBe(true)
        if (toHex(a) !== toHex(b)) expect(messageTag(b, bucket)).not.toEqual(tags[0])
      }),
    )
  })

  it('[ENV-2] are the same for every member at any moment of the six hours', () => {
    const secret = new Uint8Array(32).fill(9)
    const start = 5 * TAG_BUCKET_MS
    const first = messageTag(secret, tagBucket(start))
    expect(messageTag(secret, tagBucket(start + TAG_BUCKET_MS - 1))).toEqual(first)
    expect(messageTag(secret, tagBucket(start - 1))).not.toEqual(first)
  })

  it('[ENV-2] are HKDF-SHA-256 of the secret, as any other implementation computes it', () => {
    const secret = new Uint8Array(32).fill(9)
    const hkdf = (info: string | Uint8Array) => new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(0), info, 16))
    expect(handshakeTag(secret)).toEqual(hkdf('h'))
    expect(messageTag(secret, 81_816)).toEqual(hkdf(Uint8Array.of(0x6d, 0, 0, 0, 0, 0, 1, 0x3f, 0x98)))
  })
})
