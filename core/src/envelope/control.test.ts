import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat } from '../base/bytes.ts'
import { encodeCbor, type CborValue } from '../base/cbor.ts'
import { HEADS_MAX, WANTED_IDS_MAX } from '../base/limits.ts'
import { messageIds } from '../content/testing/arbitraries.ts'
import { decodeControl, encodeControl, type Control } from './control.ts'

const id = concat(Uint8Array.of(0x01), new Uint8Array(31))
const many = (count: number) => Array.from({ length: count }, () => id)
const list = fc.array(messageIds, { maxLength: 6 })
const controls: fc.Arbitrary<Control> = fc.oneof(
  fc.record({ type: fc.constant('heads' as const), heads: list }),
  fc.record({ type: fc.constant('want' as const), ids: list, have: list }),
)

describe('control messages', () => {
  it('[SYN-1] [SYN-3] read back what was written', () => {
    fc.assert(
      fc.property(controls, (control) => {
        expect(decodeControl(encodeControl(control))).toEqual(control)
      }),
    )
  })

  it('[SYN-4] any bytes have an outcome, and what is accepted has one spelling', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 90 }), (bytes) => {
        const control = decodeControl(bytes)
        if (control !== undefined) expect(encodeControl(control)).toEqual(bytes)
      }),
      { numRuns: 1_000 },
    )
  })

  it('[SYN-4] the limits themselves are allowed', () => {
    expect(decodeControl(encodeCbor([1, many(HEADS_MAX)]))?.type).toBe('heads')
    expect(decodeControl(encodeCbor([2, many(WANTED_IDS_MAX), many(HEADS_MAX)]))?.type).toBe('want')
  })

  it.each([
    ['more heads than allowed', [1, many(HEADS_MAX + 1)]],
    ['more wishes than allowed', [2, many(WANTED_IDS_MAX + 1), []]],
    ['a wish that has more than allowed', [2, [], many(HEADS_MAX + 1)]],
    ['heads with a tail', [1, [], []]],
    ['a wish that has nothing to say of what it has', [2, []]],
    ['heads that are no messages', [1, [new Uint8Array(32)]]],
    ['a kind of a later version', [3, []]],
    ['a record', { heads: [] }],
    ['nothing', []],
  ] satisfies readonly (readonly [string, CborValue])[])('[SYN-4] refuses %s', (_what, value) => {
    expect(decodeControl(encodeCbor(value))).toBeUndefined()
  })
})
