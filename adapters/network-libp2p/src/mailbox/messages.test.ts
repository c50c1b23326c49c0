import { MAILBOX_BODY_BYTES_MAX } from '@parley/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeMessage, encodeMessage, nextId } from './messages.ts'

describe('messages of the mailbox protocol', () => {
  it('[MBX-1] are the id, four bytes big-endian, and the body', () => {
    expect([...encodeMessage(0x01020304, Uint8Array.of(9, 8))]).toEqual([1, 2, 3, 4, 9, 8])
    expect(() => encodeMessage(1, new Uint8Array(MAILBOX_BODY_BYTES_MAX + 1))).toThrow()
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.uint8Array({ maxLength: 100 }), (id, body) => {
        const message = decodeMessage(encodeMessage(id, body))
        expect(message?.id).toBe(id)
        expect([...(message?.body ?? [])]).toEqual([...body])
      }),
    )
  })

  it('[MBX-1] have an outcome for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (frame) => {
        expect(decodeMessage(frame) === undefined).toBe(frame.length < 4)
      }),
    )
  })

  it('[MBX-1] have ids that count upwards, begin again after the last, and leave out those in use', () => {
    expect(nextId(0, new Set())).toBe(1)
    expect(nextId(0xffffffff, new Set())).toBe(0)
    expect(nextId(0xfffffffe, new Set([0xffffffff, 0, 1]))).toBe(2)
  })
})
