import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat, fromHex, toHex, utf8 } from '../base/bytes.ts'
import { OPENBAZAAR_FIELDS_MAX } from '../base/limits.ts'
import {
  bytesField,
  bytesOf,
  encodeVarint,
  int32Of,
  messageField,
  messageOf,
  readProtoFields,
  readVarint,
  textField,
  textsOf,
  uint64Of,
  unknownOf,
  varintField,
} from './protobuf.ts'

const whole = (hex: string) => {
  const fields = readProtoFields(fromHex(hex))
  if (fields === undefined) throw new Error(`${hex} is whole`)
  return fields
}
/** Field numbers of one and of many bytes, each with a value of a random wire type. */
const field = fc
  .tuple(
    fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 2 ** 29 - 1 })),
    fc.oneof(
      fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }).map((value) => ({ wire: 0, body: encodeVarint(value) })),
      fc.uint8Array({ minLength: 8, maxLength: 8 }).map((body) => ({ wire: 1, body })),
      fc
        .uint8Array({ maxLength: 40 })
        .map((content) => ({ wire: 2, body: concat(encodeVarint(content.length), content) })),
      fc.nat(20).map((depth) => ({ wire: 3, body: Uint8Array.from([...many(0x0b, depth), ...many(0x0c, depth + 1)]) })),
      fc.uint8Array({ minLength: 4, maxLength: 4 }).map((body) => ({ wire: 5, body })),
    ),
  )
  .map(([number, value]) => ({ number, ...value }))
const many = (byte: number, count: number) => Array.from({ length: count }, () => byte)

describe('protobuf', () => {
  it('[OBZ-5] any bytes are fields or are not', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const fields = readProtoFields(bytes)
        if (fields === undefined) return
        const again = unknownOf(fields, {})
        expect(readProtoFields(again)?.map(({ number, wire, body }) => ({ number, wire, body }))).toEqual(
          fields.map(({ number, wire, body }) => ({ number, wire, body })),
        )
      }),
      { numRuns: 2_000 },
    )
  })

  it('[OBZ-5] keeps fields that it does not know, in their order and byte for byte', () => {
    fc.assert(
      fc.property(fc.array(field, { maxLength: 20 }), (written) => {
        const bytes = concat(...written.map(({ number, wire, body }) => concat(encodeVarint(number * 8 + wire), body)))
        const fields = readProtoFields(bytes)
        expect(fields?.map(({ number, wire, body }) => ({ number, wire, body }))).toEqual(
          written.map(({ number, wire, body }) => ({ number, wire, body })),
        )
        expect(unknownOf(fields ?? [], {})).toEqual(bytes)
        const known = { 1: 0, 2: 2 }
        const rest = written.filter(
          ({ number, wire }) => !((number === 1 && wire === 0) || (number === 2 && wire === 2)),
        )
        expect(unknownOf(fields ?? [], known)).toEqual(
          concat(...rest.map(({ number, wire, body }) => concat(encodeVarint(number * 8 + wire), body))),
        )
      }),
    )
  })

  it('[OBZ-5] cut anywhere inside a field is refused', () => {
    fc.assert(
      fc.property(field, fc.nat(), ({ number, wire, body }, at) => {
        const bytes = concat(encodeVarint(number * 8 + wire), body)
        const cut = bytes.subarray(0, 1 + (at % (bytes.length - 1)))
        expect(readProtoFields(cut)).toBeUndefined()
      }),
    )
  })

  it('[OBZ-5] numbers have one shortest spelling, and others are read', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
        const bytes = encodeVarint(value)
        expect(readVarint(bytes, 0)).toEqual({ value, end: bytes.length })
        if (bytes.length >= 9) return
        const longer = concat(
          bytes.map((byte, index) => (index === bytes.length - 1 ? byte | 0x80 : byte)),
          Uint8Array.of(0),
        )
        expect(readVarint(longer, 0)).toEqual({ value, end: longer.length })
      }),
    )
    expect(readVarint(fromHex('ffffffffffffffffff02'), 0)).toBeUndefined()
    expect(readVarint(fromHex('80808080808080808080'), 0)).toBeUndefined()
  })

  it('[OBZ-5] writes and reads signed numbers of 32 bits', () => {
    fc.assert(
      fc.property(fc.integer(), (value) => {
        const bytes = varintField(3, value)
        expect(int32Of(readProtoFields(bytes) ?? [], 3)).toBe(value)
        expect(bytes.length === 0).toBe(value === 0)
        if (value < 0) expect(bytes).toHaveLength(11)
      }),
    )
  })

  it('[OBZ-5] the last of a field counts, messages inside are joined, another wire type is unknown', () => {
    const fields = whole('08010802120261621201630d00000000')
    expect([uint64Of(fields, 1), bytesOf(fields, 2), messageOf(fields, 2)]).toEqual([2n, utf8('c'), utf8('abc')])
    expect(textsOf(fields, 2)).toEqual(['ab', 'c'])
    expect(toHex(unknownOf(fields, { 1: 0, 2: 2 }))).toBe('0d00000000')
    expect([uint64Of(fields, 9), bytesOf(fields, 9), messageOf(fields, 9)]).toEqual([0n, new Uint8Array(0), undefined])
    expect(toHex(unknownOf(whole('888080800001'), {}))).toBe('0801')
  })

  it.each([
    ['field number 0', '0001'],
    ['a field number over 2^29 - 1', '808080801001'],
    ['wire type 6', '0e'],
    ['wire type 7', '0f'],
    ['the end of no group', '0c'],
    ['a group without an end', '0b0801'],
    ['wire type 7 in a group', '0b0f0c'],
    ['a length beyond the end', '12056162'],
    ['a length of 64 bits', '12ffffffffffffffffff01'],
    ['half a number', '0880'],
  ])('[OBZ-5] refuses %s', (_, hex) => {
    expect(readProtoFields(fromHex(hex))).toBeUndefined()
  })

  it('[OBZ-5] refuses text that is not UTF-8, in any of the values', () => {
    expect(textsOf(whole('0a01ff0a0161'), 1)).toBeUndefined()
    expect(() => textField(1, '\ud800')).toThrow('well-formed')
  })

  it('[OBZ-5] does not recurse into groups, and counts fields', () => {
    const deep = new Uint8Array(400_000).fill(0x0b)
    expect(readProtoFields(deep)).toBeUndefined()
    deep.fill(0x0c, 200_000)
    expect(readProtoFields(deep)).toHaveLength(1)
    const fields = new Uint8Array(2 * OPENBAZAAR_FIELDS_MAX).fill(0x08)
    expect(readProtoFields(fields)).toHaveLength(OPENBAZAAR_FIELDS_MAX)
    expect(readProtoFields(concat(fields, fromHex('0801')))).toBeUndefined()
    expect(unknownOf(readProtoFields(fields) ?? [], {})).toEqual(fields)
  })

  it('[OBZ-5] leaves out what is zero or empty, except messages', () => {
    expect([varintField(1, 0), bytesField(2, utf8('')), textField(3, '')].map(toHex)).toEqual(['', '', ''])
    expect(toHex(messageField(4, utf8('')))).toBe('2200')
  })
})
