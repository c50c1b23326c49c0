import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat, equalBytes } from '../base/bytes.ts'
import { ENVELOPE_BUCKETS_BYTES, ENVELOPE_BYTES_MAX } from '../base/limits.ts'
import { createSeededRandom } from '../base/testing/noble-crypto.ts'
import { portableXchacha } from '../base/xchacha.ts'
import { openOuter, type OuterPayload, sealOuter, tagOf } from './outer.ts'

const port = { xchacha20poly1305: portableXchacha }
import { isBucketSize, pad, unpad } from './padding.ts'
import { isTaggedBy } from './tags.ts'

const random = createSeededRandom(11)
const key = random(32)
const mailboxSecret = random(32)
const seal = (payload: OuterPayload) => sealOuter(port, { key, mailboxSecret, nonce: random(24) }, payload)
function sealed(payload: OuterPayload): Uint8Array {
  const envelope = seal(payload)
  if (envelope === undefined) throw new Error('fits')
  return envelope
}
const OVERHEAD_BYTES = 1 + 16 + 24 + 16
const kinds = fc.constantFrom('mls' as const, 'control' as const)

describe('padding', () => {
  it('[ENV-3] gives back what was padded, in one of seven sizes', () => {
    fc.assert(
      fc.property(fc.nat(9_000), fc.nat(255), (length, fill) => {
        const payload = new Uint8Array(length).fill(fill)
        const padded = pad(OVERHEAD_BYTES, payload)
        expect(padded !== undefined && isBucketSize(padded.length + OVERHEAD_BYTES)).toBe(true)
        expect(unpad(padded ?? new Uint8Array(0))).toEqual(payload)
      }),
    )
  })

  it('[ENV-3] takes the smallest size that fits, and none beyond the largest', () => {
    for (const bucket of ENVELOPE_BUCKETS_BYTES) {
      const most = bucket - OVERHEAD_BYTES - 4
      expect(pad(OVERHEAD_BYTES, new Uint8Array(most))?.length).toBe(bucket - OVERHEAD_BYTES)
      const more = pad(OVERHEAD_BYTES, new Uint8Array(most + 1))
      if (bucket === ENVELOPE_BYTES_MAX) expect(more).toBeUndefined()
      else expect(more?.length).toBeGreaterThan(bucket)
    }
  })

  it('[ENV-3] any bytes have an outcome; padding that is not zero hides nothing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const payload = unpad(bytes)
        if (payload === undefined) return
        expect(bytes.subarray(4, 4 + payload.length)).toEqual(payload)
        expect(bytes.subarray(4 + payload.length).every((byte) => byte === 0)).toBe(true)
      }),
    )
    expect(unpad(Uint8Array.of(0, 0, 0, 1, 5, 0, 0, 1))).toBeUndefined()
    expect(unpad(Uint8Array.of(255, 255, 255, 255, 5))).toBeUndefined()
  })
})

describe('outer envelope', () => {
  it('[ENV-1] [ENV-5] gives back what was sealed', () => {
    fc.assert(
      fc.property(kinds, fc.uint8Array({ maxLength: 700 }), (kind, body) => {
        const envelope = sealed({ kind, body })
        expect(openOuter(port, key, envelope)).toEqual({ kind, body })
        expect(isTaggedBy(mailboxSecret, tagOf(envelope) ?? { tag: key, nonce: key })).toBe(true)
      }),
    )
  })

  it('[ENV-1] shows an outsider a tag and a size, and nothing of what is inside', () => {
    const marker = new Uint8Array(32).fill(0xab)
    const [one, two] = [sealed({ kind: 'mls', body: marker }), sealed({ kind: 'control', body: marker })]
    expect(one.length).toBe(two.length)
    expect(one[0]).toBe(two[0])
    expect(equalBytes(one.subarray(1, 17), two.subarray(1, 17))).toBe(false)
    expect(Buffer.from(one).includes(Buffer.from(marker))).toBe(false)
    expect(equalBytes(one.subarray(41), two.subarray(41))).toBe(false)
  })

  it('[ENV-4] any changed bit, any missing or added byte: not an envelope', () => {
    const envelope = sealed({ kind: 'mls', body: new Uint8Array([1, 2, 3]) })
    fc.assert(
      fc.property(fc.nat(envelope.length * 8 - 1), (bit) => {
        const damaged = envelope.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
        expect(openOuter(port, key, damaged)).toBeUndefined()
      }),
      { numRuns: 300 },
    )
    expect(openOuter(port, key, envelope.subarray(0, -1))).toBeUndefined()
    expect(openOuter(port, key, concat(envelope, Uint8Array.of(0)))).toBeUndefined()
  })

  it('[ENV-4] another key opens nothing, and any bytes have an outcome', () => {
    expect(openOuter(port, random(32), sealed({ kind: 'mls', body: new Uint8Array(9) }))).toBeUndefined()
    fc.assert(
      fc.property(fc.constantFrom(...ENVELOPE_BUCKETS_BYTES.slice(0, 2), 0, 17, 511), fc.nat(255), (length, first) => {
        const bytes = random(length)
        bytes[0] = first
        expect(openOuter(port, key, bytes)).toBeUndefined()
      }),
    )
  })

  it('[ENV-4] another version, or a size that no envelope has, carries no tag', () => {
    const envelope = sealed({ kind: 'mls', body: new Uint8Array(0) })
    expect(tagOf(concat(Uint8Array.of(2), envelope.subarray(1)))).toBeUndefined()
    expect(tagOf(envelope.subarray(0, 511))).toBeUndefined()
    expect(tagOf(new Uint8Array(0))).toBeUndefined()
  })

  it('[ENV-3] what fits no size is not sealed', () => {
    expect(seal({ kind: 'mls', body: new Uint8Array(ENVELOPE_BYTES_MAX - OVERHEAD_BYTES - 5) })?.length).toBe(
      ENVELOPE_BYTES_MAX,
    )
    expect(seal({ kind: 'mls', body: new Uint8Array(ENVELOPE_BYTES_MAX - OVERHEAD_BYTES - 4) })).toBeUndefined()
  })
})
