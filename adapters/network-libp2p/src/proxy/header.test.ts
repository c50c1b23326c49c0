import { PROXY_HEADER_BYTES_MAX } from '@parley/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseProxyHeader } from './header.ts'

const text = (line: string): Uint8Array => Buffer.from(line, 'latin1')
const SIGNATURE = '\r\n\r\n\0\r\nQUIT\n'

const port = fc.nat({ max: 65_535 })
const ends = fc.oneof(
  fc.record({ family: fc.constant('TCP4' as const), source: fc.ipV4(), target: fc.ipV4(), port, targetPort: port }),
  fc.record({ family: fc.constant('TCP6' as const), source: fc.ipV6(), target: fc.ipV6(), port, targetPort: port }),
)
type Ends = typeof ends extends fc.Arbitrary<infer Value> ? Value : never

const textHeader = ({ family, source, target, port: from, targetPort }: Ends): Uint8Array =>
  text(`PROXY ${family} ${source} ${target} ${from} ${targetPort}\r\n`)

/** Version 2, written as the specification of the protocol says, independently of what reads it. */
function binaryHeader(addresses: Uint8Array, extensions: Uint8Array, head: readonly [number, number]): Uint8Array {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(addresses.length + extensions.length)
  return Buffer.concat([text(SIGNATURE), Buffer.from(head), length, addresses, extensions])
}

describe('a PROXY header', () => {
  it('[PUSH-10] is read in version 1, however it arrives and whatever follows', () => {
    fc.assert(
      fc.property(ends, fc.uint8Array(), (given, after) => {
        const header = textHeader(given)
        const { source: address, port: from } = given
        const expected = { type: 'header', bytes: header.length, origin: { address, port: from } }
        expect(parseProxyHeader(Buffer.concat([header, after]))).toEqual(expected)
        for (let length = 0; length < header.length; length++) {
          expect(parseProxyHeader(header.subarray(0, length))).toEqual({ type: 'incomplete' })
        }
      }),
      { numRuns: 50 },
    )
  })

  it('[PUSH-10] is read in version 2, with extensions', () => {
    const addressBytes = fc.oneof(
      fc.constantFrom(4, 16).chain((length) => fc.uint8Array({ minLength: length, maxLength: length })),
    )
    fc.assert(
      fc.property(
        addressBytes,
        port,
        fc.uint8Array({ maxLength: 64 }),
        fc.uint8Array(),
        (source, from, more, after) => {
          const ports = Buffer.alloc(4)
          ports.writeUInt16BE(from)
          const isIp4 = source.length === 4
          const header = binaryHeader(Buffer.concat([source, source, ports]), more, [0x21, isIp4 ? 0x11 : 0x21])
          const result = parseProxyHeader(Buffer.concat([header, after]))
          const groups = Array.from({ length: 8 }, (_, index) =>
            Buffer.from(source).readUInt16BE(isIp4 ? 0 : 2 * index),
          )
          const address = isIp4 ? source.join('.') : groups.map((group) => group.toString(16)).join(':')
          expect(result).toEqual({ type: 'header', bytes: header.length, origin: { address, port: from } })
          for (let length = 0; length < header.length; length++) {
            expect(parseProxyHeader(header.subarray(0, length))).toEqual({ type: 'incomplete' })
          }
        },
      ),
      { numRuns: 50 },
    )
  })

  it('[PUSH-10] may say nothing: then the proxy speaks for itself', () => {
    const own = (bytes: Uint8Array) => ({ type: 'header', bytes: bytes.length })
    const unknown = text('PROXY UNKNOWN ffff:f...f 1 2\r\n')
    const health = binaryHeader(Buffer.alloc(0), Buffer.alloc(0), [0x20, 0x00])
    const unix = binaryHeader(Buffer.alloc(216), Buffer.alloc(0), [0x21, 0x31])
    for (const bytes of [unknown, health, unix]) expect(parseProxyHeader(bytes)).toEqual(own(bytes))
  })

  it('[PUSH-10] that is wrong is malformed, and any bytes have an answer', () => {
    const wrong = [
      'GET / HTTP/1.1\r\n',
      'PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n',
      'PROXY TCP4 ::1 ::1 1 1\r\n',
      'PROXY TCP6 1.2.3.4 1.2.3.4 1 1\r\n',
      'PROXY TCP6 fe80::1%eth0 ::1 1 1\r\n',
      'PROXY TCP4 1.2.3.4 1.2.3.4 65536 1\r\n',
      'PROXY TCP4 1.2.3.4 1.2.3.4 01 1\r\n',
      'PROXY TCP4 1.2.3.4 1.2.3.4 1 1 1\r\n',
      'PROXY UDP4 1.2.3.4 1.2.3.4 1 1\r\n',
      `PROXY UNKNOWN ${'x'.repeat(107)}`,
      `${SIGNATURE}\x11\x11\0\0`,
      `${SIGNATURE}\x22\x11\0\0`,
      `${SIGNATURE}\x21\x11\0\x0b12345678901`,
      `${SIGNATURE}\x21\x11\xff\xff`,
    ]
    for (const line of wrong) expect([line, parseProxyHeader(text(line)).type]).toEqual([line, 'malformed'])
    const start = fc.constantFrom('', 'PROXY ', SIGNATURE, `${SIGNATURE}\x21`)
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 200 }), (prefix, rest) => {
        const bytes = Buffer.concat([text(prefix), rest])
        const result = parseProxyHeader(bytes)
        if (result.type === 'header') expect(result.bytes).toBeLessThanOrEqual(bytes.length)
      }),
    )
    fc.assert(
      fc.property(fc.uint8Array({ minLength: PROXY_HEADER_BYTES_MAX, maxLength: PROXY_HEADER_BYTES_MAX }), (bytes) => {
        expect(parseProxyHeader(bytes).type).not.toBe('incomplete')
      }),
      { numRuns: 20 },
    )
  })
})
