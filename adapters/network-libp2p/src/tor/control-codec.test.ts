import { TOR_CONTROL_REPLY_BYTES_MAX } from '@parley/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createControlReader, parseChallenge, parseProtocolInfo, quote } from './control-codec.ts'

const read = (...pieces: readonly string[]) => {
  const reader = createControlReader()
  const replies = []
  for (const piece of pieces) {
    const more = reader.push(Buffer.from(piece, 'latin1'))
    if (more === undefined) return 'refused'
    replies.push(...more)
  }
  return replies
}

describe('replies of the control port', () => {
  it('[TOR-7] have one line or several, and data that is skipped', () => {
    expect(read('250 OK\r\n')).toEqual([{ code: 250, lines: ['OK'] }])
    expect(read('250-a\r\n250-b=1\r\n250 OK\r\n650 EVENT x\r\n')).toEqual([
      { code: 250, lines: ['a', 'b=1', 'OK'] },
      { code: 650, lines: ['EVENT x'] },
    ])
    expect(read('250+info=\r\n999 not a reply\r\n..\r\n.\r\n250 OK\r\n')).toEqual([
      { code: 250, lines: ['info=', 'OK'] },
    ])
  })
  it('[TOR-7] are refused when they are none: another protocol, mixed codes, one without an end', () => {
    for (const text of [
      'HTTP/1.1 400 Bad Request\r\n',
      '250-a\r\n251 b\r\n',
      '25 x\r\n',
      '999 x\r\n',
      '\r\n',
      '250\r\n',
    ]) {
      expect([text, read(text)]).toEqual([text, 'refused'])
    }
    const reader = createControlReader()
    const line = Buffer.from(`250-${'x'.repeat(1_000)}\r\n`)
    let lines = 0
    while (reader.push(line) !== undefined) lines++
    expect(lines).toBe(Math.floor(TOR_CONTROL_REPLY_BYTES_MAX / line.length))
    expect(createControlReader().push(Buffer.alloc(TOR_CONTROL_REPLY_BYTES_MAX + 1, '2'))).toBeUndefined()
  })
  it('[TOR-7] come to an outcome for any bytes, the same in any pieces', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 200 }),
      fc
        .array(fc.constantFrom('250', '-', ' ', '+', '\r\n', '.', '650', 'x', '\n', '\0'), { maxLength: 60 })
        .map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(text, (said) => {
        const bytes = Buffer.from(said)
        const pieces = [...bytes].map((byte) => Buffer.of(byte).toString('latin1'))
        expect(read(...pieces)).toEqual(read(bytes.toString('latin1')))
      }),
      { numRuns: 1_000 },
    )
  })
  it('[TOR-7] name the methods and the cookie, in quotes with escapes', () => {
    const info = (line: string) => parseProtocolInfo({ code: 250, lines: ['PROTOCOLINFO 1', line, 'OK'] })
    expect(info('AUTH METHODS=NULL')).toEqual({ methods: ['NULL'] })
    expect(info('AUTH METHODS=COOKIE,SAFECOOKIE COOKIEFILE="/run/a \\"b\\"\\\\\\303\\274"')).toEqual({
      methods: ['COOKIE', 'SAFECOOKIE'],
      cookieFile: '/run/a "b"\\ü',
    })
    expect(info('AUTH')).toBeUndefined()
    fc.assert(fc.property(fc.string(), (rest) => void info(`AUTH METHODS=SAFECOOKIE${rest}`)))
    fc.assert(fc.property(fc.string(), (line) => void parseChallenge({ code: 250, lines: [line] })))
  })
  it('[TOR-7] read a quoted password as it was', () => {
    expect(quote('a "b" \\c')).toBe('"a \\"b\\" \\\\c"')
  })
})
