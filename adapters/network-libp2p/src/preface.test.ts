import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SESSION_BYTES, decodePreface, encodePreface } from './preface.ts'

describe('the first frame', () => {
  it('[LINK-7] [LINK-10] comes out as it went in', () => {
    const session = fc.uint8Array({ minLength: SESSION_BYTES, maxLength: SESSION_BYTES })
    fc.assert(
      fc.property(fc.boolean(), fc.nat(0xffff_ffff), session, (isInsisting, number, bytes) => {
        expect(decodePreface(encodePreface({ type: 'ask', isInsisting }))).toEqual({ type: 'ask', isInsisting })
        const open = { type: 'open', number, session: bytes } as const
        expect(decodePreface(encodePreface(open))).toEqual(open)
        const move = { type: 'move', number, session: bytes } as const
        expect(decodePreface(encodePreface(move))).toEqual(move)
      }),
    )
  })

  it('[LINK-7] is refused when it is anything else, and has one spelling', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
        const preface = decodePreface(bytes)
        if (preface !== undefined) expect(encodePreface(preface)).toEqual(bytes)
      }),
    )
    expect(decodePreface(Uint8Array.of())).toBeUndefined()
    expect(decodePreface(encodePreface({ type: 'moved' }))).toEqual({ type: 'moved' })
    expect(decodePreface(Uint8Array.of(3))).toBeUndefined()
    expect(decodePreface(Uint8Array.of(5))).toBeUndefined()
    expect(decodePreface(new Uint8Array(13))).toBeUndefined()
  })
})
