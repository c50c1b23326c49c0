import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat, utf8 } from '../base/bytes.ts'
import { encodeCbor } from '../base/cbor.ts'
import { RECEIPT_IDS_MAX, SUBJECT_LETTERS_MAX } from '../base/limits.ts'
import { decodePayload, encodePayload, type Payload } from './payload.ts'
import { messageIds } from './testing/arbitraries.ts'

const payloads: fc.Arbitrary<Payload> = fc.oneof(
  fc.record({ type: fc.constant('content' as const), bytes: fc.uint8Array({ maxLength: 60 }) }),
  fc.record({
    type: fc.constant('status' as const),
    report: fc.record({
      delivered: fc.array(messageIds, { maxLength: 4 }),
      read: fc.array(messageIds, { maxLength: 4 }),
    }),
  }),
  fc.record({ type: fc.constant('typing' as const), subject: fc.string({ unit: 'binary', maxLength: 60 }) }),
)
const status = (...lists: readonly (readonly Uint8Array[])[]) => concat(Uint8Array.of(2), encodeCbor([...lists]))
const id = concat(Uint8Array.of(0x01), new Uint8Array(31))

describe('payloads', () => {
  it('[CNT-1] read back what was written', () => {
    fc.assert(
      fc.property(payloads, (payload) => {
        expect(decodePayload(encodePayload(payload))).toEqual(payload)
      }),
    )
  })

  it('[CNT-1] any bytes have an outcome, and what is accepted has one spelling', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 90 }), (bytes) => {
        const payload = decodePayload(bytes)
        if (payload !== undefined) expect(encodePayload(payload)).toEqual(bytes)
      }),
      { numRuns: 1_000 },
    )
  })

  it('[CNT-1] kinds of later versions, and nothing at all, are no payload of this one', () => {
    for (const kind of [0, 4, 255]) expect(decodePayload(Uint8Array.of(kind, 1, 2))).toBeUndefined()
    expect(decodePayload(new Uint8Array(0))).toBeUndefined()
  })

  it('[RCP-1] a report names at most 256 messages of each kind, and nothing but messages', () => {
    const most = Array.from({ length: RECEIPT_IDS_MAX }, () => id)
    expect(decodePayload(status(most, most))?.type).toBe('status')
    expect(decodePayload(status([...most, id], []))).toBeUndefined()
    expect(decodePayload(status([], [...most, id]))).toBeUndefined()
    expect(decodePayload(status([new Uint8Array(32)], []))).toBeUndefined()
    expect(decodePayload(status([id]))).toBeUndefined()
    expect(decodePayload(status([], [], []))).toBeUndefined()
  })

  it('[TYP-1] typing says what about, and nothing else', () => {
    const typing = (body: Uint8Array) => decodePayload(concat(Uint8Array.of(3), body))
    expect(typing(new Uint8Array(0))).toEqual({ type: 'typing', subject: '' })
    expect(encodePayload({ type: 'typing', subject: '' })).toEqual(Uint8Array.of(3))
    const longest = '🦉'.repeat(SUBJECT_LETTERS_MAX)
    expect(typing(utf8(longest))).toEqual({ type: 'typing', subject: longest })
    expect(typing(utf8(`${longest}!`))).toBeUndefined()
    expect(typing(Uint8Array.of(0xff))).toBeUndefined()
  })
})
