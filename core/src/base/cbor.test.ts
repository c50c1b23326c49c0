import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex } from './bytes.ts'
import { type CborValue, decodeCbor, encodeCbor } from './cbor.ts'
import { CBOR_DEPTH_MAX } from './limits.ts'

const value: fc.Arbitrary<CborValue> = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
    fc.string({ unit: 'binary' }),
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie('value'), { maxLength: 4, depthIdentifier: 'cbor' }),
    fc.dictionary(fc.string({ maxLength: 6 }), tie('value'), {
      maxKeys: 4,
      depthIdentifier: 'cbor',
      noNullPrototype: true,
    }),
  ),
})).value

const nested = (depth: number): Uint8Array => new Uint8Array(depth + 1).fill(0x81, 0, depth)

describe('deterministic CBOR', () => {
  it('[ENC-1] reads back what it wrote', () => {
    fc.assert(
      fc.property(value, (original) => {
        expect(decodeCbor(encodeCbor(original))).toEqual(original)
      }),
    )
  })

  it('[ENC-2] accepts one spelling only: what it accepts, it writes the same way', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const decoded = decodeCbor(bytes)
        if (decoded !== undefined) expect(encodeCbor(decoded)).toEqual(bytes)
      }),
      { numRuns: 2_000 },
    )
  })

  it.each([
    ['a number in too many bytes', '1801'],
    ['keys out of order', 'a2616201616102'],
    ['a duplicate key', 'a2616101616102'],
    ['an indefinite length', '5f40ff'],
    ['trailing bytes', '0000'],
    ['nothing', ''],
    ['a string that ends early', '6261'],
    ['text that is not UTF-8', '62ffff'],
  ])('[ENC-2] refuses %s', (_what, hex) => {
    expect(decodeCbor(fromHex(hex))).toBeUndefined()
  })

  it.each([
    ['a short float', 'f93e00'],
    ['a long float', 'fb3ff8000000000000'],
    ['not a number', 'f97e00'],
    ['undefined', 'f7'],
    ['another simple value', 'e0'],
    ['a tag', 'c100'],
    ['an integer beyond 2^53', '1b0020000000000000'],
    ['a key that is not text', 'a10101'],
    ['a list that claims to be endless', '9b7fffffffffffffff'],
  ])('[ENC-3] refuses %s', (_what, hex) => {
    expect(decodeCbor(fromHex(hex))).toBeUndefined()
  })

  it('[ENC-3] refuses nesting deeper than the limit without recursing into it', () => {
    expect(decodeCbor(nested(CBOR_DEPTH_MAX))).toBeDefined()
    expect(decodeCbor(nested(CBOR_DEPTH_MAX + 1))).toBeUndefined()
    expect(decodeCbor(nested(500_000))).toBeUndefined()
  })

  it('[ENC-3] keys that name members of every object are ordinary keys', () => {
    const decoded = decodeCbor(encodeCbor({ ['__proto__']: 1, constructor: 2 }))
    expect(Object.keys(decoded ?? {}).sort()).toEqual(['__proto__', 'constructor'])
  })
})
