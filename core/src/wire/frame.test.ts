import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat } from '../base/bytes.ts'
import { encodeCbor, type CborValue } from '../base/cbor.ts'
import {
  AVATAR_BYTES_MAX,
  BUNDLE_BYTES_MAX,
  ENVELOPE_BYTES_MAX,
  FRAME_BYTES_MAX,
  FRAME_ENVELOPE_IDS_MAX,
  ENVELOPE_ID_BYTES,
  PROFILE_BYTES_MAX,
} from '../base/limits.ts'
import { DAMAGES, mutate } from '../base/testing/mutate.ts'
import { blockCid } from '../mailbox/cid.ts'
import { decodeFrame, encodeFrame, envelopeId, type Frame } from './frame.ts'

const bytes = fc.uint8Array({ maxLength: 60 })
const idBytes = fc.uint8Array({ minLength: ENVELOPE_ID_BYTES, maxLength: ENVELOPE_ID_BYTES })
const ids = fc.array(idBytes, { maxLength: 5 })
const cid = bytes.map(blockCid)
const uint = fc.maxSafeNat()
const optional = fc.option(bytes, { nil: undefined })
const frame: fc.Arbitrary<Exclude<Frame, { type: 'unknown' }>> = fc.oneof(
  fc.record({ type: fc.constant('auth' as const), flight: bytes }),
  fc.constant({ type: 'bundle.get' as const }),
  fc.record({ type: fc.constant('bundle' as const), bundle: bytes }),
  fc.record({ type: fc.constant('envelope' as const), bytes: fc.uint8Array({ minLength: 16, maxLength: 600 }) }),
  fc.record({ type: fc.constant('ack' as const), ids }),
  fc.record({ type: fc.constant('refuse' as const), ids, reason: fc.string({ maxLength: 32 }) }),
  fc.record({ type: fc.constant('profile.get' as const), have: uint }),
  fc.record({ type: fc.constant('profile' as const), record: optional }),
  fc.record({ type: fc.constant('avatar.get' as const), cid }),
  fc.record({ type: fc.constant('avatar' as const), cid, image: optional }),
  fc.record({
    type: fc.constant('presence' as const),
    status: fc.constantFrom('hidden' as const, 'online' as const, 'away' as const),
    seenAt: uint,
  }),
)

describe('frames', () => {
  it('[WIRE-1] [WIRE-2] read back what was written', () => {
    fc.assert(
      fc.property(frame, (original) => {
        expect(decodeFrame(encodeFrame(original))).toEqual(original)
      }),
    )
  })

  it('[WIRE-1] any bytes have an outcome, and what is accepted has one spelling', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (value) => {
        const decoded = decodeFrame(value)
        if (decoded !== undefined && decoded.type !== 'unknown') expect(encodeFrame(decoded)).toEqual(value)
      }),
      { numRuns: 2_000 },
    )
  })

  it('[WIRE-1] a damaged frame is refused, ignored or another frame in its one spelling', () => {
    fc.assert(
      fc.property(frame, fc.constantFrom(...DAMAGES), fc.nat(200), fc.nat(255), (original, damage, position, value) => {
        const damaged = mutate(encodeFrame(original), damage, position, value)
        const decoded = decodeFrame(damaged)
        if (decoded !== undefined && decoded.type !== 'unknown') expect(encodeFrame(decoded)).toEqual(damaged)
      }),
    )
  })

  const id = new Uint8Array(ENVELOPE_ID_BYTES)
  const wrong: readonly (readonly [string, CborValue])[] = [
    ['no list', { type: 3 }],
    ['no type', []],
    ['a negative type', [-1]],
    ['a type beyond 16 bits', [65_536]],
    ['a type in words', ['ack']],
    ['auth without a flight', [0]],
    ['auth with a tail', [0, id, 1]],
    ['a request with a tail', [1, 1]],
    ['a bundle that is text', [2, 'bundle']],
    ['a bundle over its limit', [2, new Uint8Array(BUNDLE_BYTES_MAX + 1)]],
    ['an envelope over its limit', [3, new Uint8Array(ENVELOPE_BYTES_MAX + 1)]],
    ['an envelope with a tail', [3, id, id]],
    ['an acknowledgement of one id without a list', [4, id]],
    ['an id that is too short', [4, [new Uint8Array(15)]]],
    ['more ids than fit', [4, Array.from({ length: FRAME_ENVELOPE_IDS_MAX + 1 }, () => id)]],
    ['a refusal without a reason', [5, [id]]],
    ['a reason over its limit', [5, [id], 'x'.repeat(33)]],
    ['a reason that is a number', [5, [id], 7]],
    ['a question for a profile without a sequence', [6]],
    ['a question for a profile with a tail', [6, 1, 1]],
    ['a sequence below zero', [6, -1]],
    ['a profile over its limit', [7, new Uint8Array(PROFILE_BYTES_MAX + 1)]],
    ['a profile that is text', [7, 'Alice']],
    ['a profile with a tail', [7, null, null]],
    ['a question for a picture that names nothing', [8, new Uint8Array(36)]],
    ['a picture over its limit', [9, blockCid(id), new Uint8Array(AVATAR_BYTES_MAX + 1)]],
    ['a picture without a name', [9, id, id]],
    ['a picture with a tail', [9, blockCid(id), null, null]],
    ['a presence of a number that is none', [10, 3, 1]],
    ['a presence without a time', [10, 1]],
    ['a presence with a tail', [10, 1, 1, 1]],
  ]
  it.each(wrong)('[WIRE-2] [WIRE-6] %s is malformed', (_what, value) => {
    expect(decodeFrame(encodeCbor(value))).toBeUndefined()
  })

  it('[WIRE-6] the limits themselves are allowed', () => {
    expect(decodeFrame(encodeCbor([2, new Uint8Array(BUNDLE_BYTES_MAX)]))?.type).toBe('bundle')
    expect(decodeFrame(encodeCbor([3, new Uint8Array(ENVELOPE_BYTES_MAX)]))?.type).toBe('envelope')
    const many = Array.from({ length: FRAME_ENVELOPE_IDS_MAX }, () => id)
    expect(decodeFrame(encodeCbor([4, many]))?.type).toBe('ack')
    expect(decodeFrame(encodeCbor([7, new Uint8Array(PROFILE_BYTES_MAX)]))?.type).toBe('profile')
    expect(decodeFrame(encodeCbor([9, blockCid(id), new Uint8Array(AVATAR_BYTES_MAX)]))?.type).toBe('avatar')
  })

  it('[WIRE-1] a frame over the limit is refused before it is read', () => {
    expect(decodeFrame(encodeCbor([77, new Uint8Array(FRAME_BYTES_MAX)]))).toBeUndefined()
  })

  it('[WIRE-2] a well-formed frame of a later version is unknown, not malformed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 11, max: 65_535 }), bytes, (type, body) => {
        expect(decodeFrame(encodeCbor([type, body, { more: [true, null] }]))).toEqual({ type: 'unknown' })
      }),
    )
  })

  it('[WIRE-4] an envelope is named by its last 16 bytes, and one without them is malformed', () => {
    fc.assert(
      fc.property(bytes, idBytes, (head, tail) => {
        expect(envelopeId(concat(head, tail))).toEqual(tail)
      }),
    )
    expect(decodeFrame(encodeCbor([3, new Uint8Array(ENVELOPE_ID_BYTES - 1)]))).toBeUndefined()
  })
})
