import { encodeCbor } from '@parley/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  CANDIDATE_TYPES,
  SIGNAL_BYTES_MAX,
  candidateLine,
  decodeSignal,
  describeSession,
  encodeSignal,
  isElsewhere,
  parseCandidateLine,
  parseDescription,
} from './signals.ts'
import type { Candidate, Description } from './signals.ts'

const iceText = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...'abzAZ019+/'), minLength, maxLength })
const descriptions: fc.Arbitrary<Description> = fc.record({
  type: fc.constant('description'),
  ufrag: iceText(4, 32),
  pwd: iceText(22, 64),
  fingerprint: fc.uint8Array({ minLength: 32, maxLength: 32 }),
})
const ips = fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }))
const candidates: fc.Arbitrary<Candidate> = fc.record({
  type: fc.constant('candidate'),
  kind: fc.constantFrom(...CANDIDATE_TYPES),
  ip: ips,
  port: fc.integer({ min: 1, max: 65_535 }),
  priority: fc.nat(0x7fff_ffff),
})

describe('what two devices tell each other', () => {
  it('[NET-22] comes out as it went in, also through the text of the library', () => {
    fc.assert(
      fc.property(descriptions, candidates, (description, candidate) => {
        expect(decodeSignal(encodeSignal(description))).toEqual(description)
        expect(decodeSignal(encodeSignal(candidate))).toEqual(candidate)
        expect(encodeSignal(description).length).toBeLessThanOrEqual(SIGNAL_BYTES_MAX)
        expect(parseDescription(describeSession(description, 'offer'))).toEqual(description)
        expect(parseCandidateLine(candidateLine(candidate, 1))).toEqual(candidate)
      }),
    )
  })

  it('[NET-22] is refused when it is anything else, and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        const signal = decodeSignal(bytes)
        if (signal !== undefined) expect(encodeSignal(signal)).toEqual(bytes)
      }),
      { numRuns: 1_000 },
    )
    const fingerprint = new Uint8Array(32)
    const pwd = 'p'.repeat(22)
    const wrong = [
      [0, 'user', `${pwd}\r\na=ice-lite`, fingerprint],
      [0, 'u\nx:', pwd, fingerprint],
      [0, 'user', pwd, new Uint8Array(31)],
      [0, 'user', pwd, fingerprint, 1],
      [1, 0, new Uint8Array(5), 1, 1],
      [1, 0, new Uint8Array(4), 0, 1],
      [1, 0, new Uint8Array(4), 65_536, 1],
      [1, 2, new Uint8Array(4), 1, 1],
      [1, 0, 'example.org', 1, 1],
      [2],
      [],
    ]
    for (const value of wrong) expect(decodeSignal(encodeCbor(value))).toBeUndefined()
  })

  it('[NET-22] leaves out what is no address of UDP', () => {
    expect(parseCandidateLine('a=candidate:1 1 UDP 2114977791 192.168.1.2 34784 typ host')).toEqual({
      ...{ type: 'candidate', kind: 'host', ip: Uint8Array.of(192, 168, 1, 2) },
      ...{ port: 34_784, priority: 2_114_977_791 },
    })
    for (const line of [
      'a=candidate:1 1 UDP 2114977791 4b7d1c7a.local 34784 typ host',
      'a=candidate:1 1 TCP 2114977791 192.168.1.2 9 typ host tcptype active',
      'a=candidate:1 1 UDP 2114977791 192.168.1.2 34784 typ relay',
      '',
    ])
      expect(parseCandidateLine(line)).toBeUndefined()
  })

  it('[NET-22] counts as elsewhere only where another computer can be', () => {
    const ip6 = (first: number, last: number): Uint8Array =>
      Uint8Array.from({ length: 16 }, (_, at) => (at === 0 ? first : at === 15 ? last : 0))
    const mapped = Uint8Array.of(...new Uint8Array(10), 0xff, 0xff, 127, 0, 0, 1)
    const nowhere = [
      [127, 0, 0, 1],
      [0, 0, 0, 0],
      [224, 0, 0, 251],
      [255, 255, 255, 255],
    ]
    for (const ip of nowhere) expect(isElsewhere(Uint8Array.from(ip))).toBe(false)
    for (const ip of [ip6(0, 0), ip6(0, 1), ip6(0xff, 1), mapped]) expect(isElsewhere(ip)).toBe(false)
    for (const ip of [
      [192, 168, 1, 2],
      [8, 8, 8, 8],
    ])
      expect(isElsewhere(Uint8Array.from(ip))).toBe(true)
    for (const ip of [ip6(0xfd, 1), ip6(0x20, 1)]) expect(isElsewhere(ip)).toBe(true)
  })
})
