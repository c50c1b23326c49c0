import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CborValue, encodeCbor } from '../base/cbor.ts'
import { DIAL_BACK_PORTS_MAX } from '../base/limits.ts'
import {
  decodeDialBackAnswer,
  decodeDialBackRequest,
  type DialBackAnswer,
  type DialBackPort,
  encodeDialBackAnswer,
  encodeDialBackRequest,
} from './dial-back.ts'

const ports = fc.array(
  fc.record<DialBackPort>({ port: fc.integer({ min: 1, max: 65_535 }), transport: fc.constantFrom('tcp', 'ws') }),
  { minLength: 1, maxLength: DIAL_BACK_PORTS_MAX },
)
const answers = fc.oneof(
  fc.string({ maxLength: 50 }).map((text): DialBackAnswer => ({ type: 'reached', address: `/${text}` })),
  fc.constant<DialBackAnswer>({ type: 'unreached' }),
  fc
    .constantFrom('relayed' as const, 'stranger' as const, 'too-often' as const, 'busy' as const)
    .map((reason): DialBackAnswer => ({ type: 'refused', reason })),
)

describe('dial back', () => {
  it('[NET-12] questions and answers read back as they were written, and have one spelling', () => {
    fc.assert(
      fc.property(ports, (value) => {
        expect(decodeDialBackRequest(encodeDialBackRequest(value))).toEqual(value)
      }),
    )
    fc.assert(
      fc.property(answers, (value) => {
        expect(decodeDialBackAnswer(encodeDialBackAnswer(value))).toEqual(value)
      }),
    )
    expect(encodeDialBackRequest([{ port: 4001, transport: 'ws' }])).toEqual(encodeCbor([1, [[4001, 1]]]))
    expect(encodeDialBackAnswer({ type: 'reached', address: '/ip4/203.0.113.1/tcp/1' })).toEqual(
      encodeCbor([1, 0, '/ip4/203.0.113.1/tcp/1']),
    )
  })

  it.each<[string, CborValue]>([
    ['no port', [1, []]],
    ['too many', [1, Array.from({ length: DIAL_BACK_PORTS_MAX + 1 }, () => [1, 0])]],
    ['port 0', [1, [[0, 0]]]],
    ['a port beyond', [1, [[65_536, 0]]]],
    ['another transport', [1, [[1, 2]]]],
    ['an address instead of a port', [1, ['/ip4/203.0.113.1/tcp/25']]],
    ['another version', [2, [[1, 0]]]],
    ['something more', [1, [[1, 0]], 1]],
  ])('[NET-12] refuses a question with %s', (_, value) => {
    expect(decodeDialBackRequest(encodeCbor(value))).toBeUndefined()
  })

  it('[NET-12] a reason of a later version is another one', () => {
    expect(decodeDialBackAnswer(encodeCbor([1, 2, 'moon']))).toEqual({ type: 'refused', reason: 'other' })
    expect(decodeDialBackAnswer(encodeCbor([1, 0, 'nowhere']))).toBeUndefined()
  })

  it('[NET-12] any bytes have an outcome', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        decodeDialBackRequest(bytes)
        decodeDialBackAnswer(bytes)
      }),
    )
  })
})
