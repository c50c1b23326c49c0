import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  compareBytes,
  concat,
  equalBytes,
  framed,
  fromHex,
  parseBase64url,
  parseUtf8,
  toBase64url,
  toHex,
  utf8,
} from './bytes.ts'

const bytes = fc.uint8Array({ maxLength: 40 })

describe('bytes', () => {
  it('hex, base64url and UTF-8 read back what they wrote', () => {
    fc.assert(
      fc.property(bytes, fc.string({ unit: 'binary' }), (value, text) => {
        expect(fromHex(toHex(value))).toEqual(value)
        expect(parseBase64url(toBase64url(value))).toEqual(value)
        expect(parseUtf8(utf8(text))).toBe(text)
      }),
    )
  })

  it('any text and any bytes have an outcome', () => {
    fc.assert(
      fc.property(fc.string(), bytes, (text, value) => {
        const decoded = parseBase64url(text)
        if (decoded !== undefined) expect(toBase64url(decoded)).toBe(text)
        const read = parseUtf8(value)
        if (read !== undefined) expect(utf8(read)).toEqual(value)
      }),
    )
  })

  it('order is lexicographic, total, and zero only for equal bytes', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        const [first, second] = [toHex(a), toHex(b)]
        expect(Math.sign(compareBytes(a, b))).toBe(first < second ? -1 : first > second ? 1 : 0)
        expect(compareBytes(a, b) === 0).toBe(equalBytes(a, b))
      }),
    )
  })

  it('framed parts are unambiguous: other parts, other bytes', () => {
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 4 }), fc.array(bytes, { maxLength: 4 }), (a, b) => {
        const isSame = a.length === b.length && a.every((part, index) => equalBytes(part, b[index] ?? concat()))
        expect(equalBytes(framed(...a), framed(...b))).toBe(isSame)
      }),
    )
  })
})
