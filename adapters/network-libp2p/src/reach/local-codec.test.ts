import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeLocalAnswer,
  decodeLocalQuestion,
  encodeLocalAnswer,
  encodeLocalQuestion,
  TAGS_PER_PACKET_MAX,
} from './local-codec.ts'

const tag = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('hex'))
const id = fc.integer({ min: 0, max: 65_535 })

describe('what is said on the local network', () => {
  it('[NET-15] reads back as it was written, in one packet that no network cuts', () => {
    fc.assert(
      fc.property(id, fc.array(tag, { minLength: 1, maxLength: TAGS_PER_PACKET_MAX }), (number, tags) => {
        const bytes = encodeLocalQuestion({ id: number, tags })
        expect(bytes.length).toBeLessThan(1_400)
        expect(decodeLocalQuestion(bytes)).toEqual({ id: number, tags })
        expect(decodeLocalAnswer(bytes)).toBeUndefined()
      }),
    )
    fc.assert(
      fc.property(id, tag, fc.integer({ min: 1, max: 65_535 }), (number, name, port) => {
        const answer = { id: number, tag: name, port }
        expect(decodeLocalAnswer(encodeLocalAnswer(answer))).toEqual(answer)
      }),
    )
  })

  it('[NET-15] names nothing but the tag and the port', () => {
    const text = Buffer.from(encodeLocalAnswer({ id: 1, tag: 'ab'.repeat(16), port: 4_100 })).toString('latin1')
    expect(text).not.toContain('12D3')
    expect(text).toContain('_parley')
  })

  it('[NET-15] any bytes have an outcome', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        decodeLocalQuestion(bytes)
        decodeLocalAnswer(bytes)
      }),
    )
    const whole = encodeLocalAnswer({ id: 1, tag: 'ab'.repeat(16), port: 4_100 })
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const damaged = Uint8Array.from(whole)
        damaged[at] = byte
        decodeLocalQuestion(damaged)
        decodeLocalAnswer(damaged)
        decodeLocalAnswer(damaged.subarray(0, at))
      }),
    )
  })
})
