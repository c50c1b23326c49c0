import { concat, utf8 } from '@parley/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SOCKS_GREETING, createSocksClient, isSocksHost, socksRefusalText } from './socks-codec.ts'
import type { SocksClient, SocksStep } from './socks-codec.ts'

const LOGIN = { user: 'user', password: 'word' }
const TARGET = { host: 'example.org', port: 4_001 }
const METHOD = Uint8Array.of(5, 2)
const WELCOME = Uint8Array.of(1, 0)
const OK = Uint8Array.of(5, 0, 0, 1, 127, 0, 0, 1, 0, 80)
const client = (): SocksClient => createSocksClient(TARGET, LOGIN)

/** Feeds pieces until the handshake has come to its end; what is left is not taken. */
function feed(
  handshake: SocksClient,
  pieces: readonly Uint8Array[],
): { last: SocksStep; write: Uint8Array; taken: number } {
  let last: SocksStep = { type: 'waiting', write: [] }
  const write: Uint8Array[] = []
  let taken = 0
  for (const piece of pieces) {
    last = handshake.push(piece)
    write.push(...last.write)
    taken++
    if (last.type !== 'waiting') break
  }
  return { last, write: concat(...write), taken }
}

const inPieces = (bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] => {
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b)
  return [0, ...ends].map((start, at) => bytes.subarray(start, ends[at] ?? bytes.length))
}

describe('the handshake with a proxy', () => {
  it('[TOR-4] asks for a login, logs in and names the target, which the proxy resolves', () => {
    expect(client().greeting).toEqual(SOCKS_GREETING)
    const { last, write } = feed(client(), [METHOD, WELCOME, OK])
    expect(last).toMatchObject({ type: 'connected', rest: new Uint8Array(0) })
    const login = concat(Uint8Array.of(1, 4), utf8('user'), Uint8Array.of(4), utf8('word'))
    expect(write).toEqual(concat(login, Uint8Array.of(5, 1, 0, 3, 11), utf8('example.org'), Uint8Array.of(15, 161)))
  })
  it('[TOR-4] comes to the same end in pieces of any size, and gives on what follows', () => {
    const replies = fc.constantFrom(
      OK,
      concat(Uint8Array.of(5, 0, 0, 4), new Uint8Array(18)),
      concat(Uint8Array.of(5, 0, 0, 3, 2), utf8('ab'), new Uint8Array(2)),
      concat(Uint8Array.of(5, 0, 0, 3, 0), new Uint8Array(2)),
      concat(Uint8Array.of(5, 0, 9, 3, 255), new Uint8Array(257)),
    )
    fc.assert(
      fc.property(replies, fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat()), (reply, rest, cuts) => {
        const pieces = inPieces(concat(METHOD, WELCOME, reply, rest), cuts)
        const { last, taken } = feed(client(), pieces)
        expect(last.type).toBe('connected')
        const after = concat(last.type === 'connected' ? last.rest : new Uint8Array(0), ...pieces.slice(taken))
        expect(after).toEqual(rest)
      }),
    )
  })
  it('[TOR-4] has an outcome for any bytes, and the same one in any pieces', () => {
    const prefix = fc.constantFrom(new Uint8Array(0), METHOD, concat(METHOD, WELCOME))
    fc.assert(
      fc.property(prefix, fc.uint8Array({ maxLength: 600 }), fc.array(fc.nat()), (start, noise, cuts) => {
        const bytes = concat(start, noise)
        const whole = feed(client(), [bytes]).last
        const pieces = feed(client(), inPieces(bytes, cuts)).last
        expect(pieces.type).toBe(whole.type)
        if (pieces.type === 'refused' && whole.type === 'refused') expect(pieces.refusal).toEqual(whole.refusal)
      }),
      { numRuns: 1_000 },
    )
  })
  it('[TOR-4] refuses a proxy without logins, another protocol, a wrong login and a refused target', () => {
    const refusal = (...pieces: readonly Uint8Array[]) => {
      const { last } = feed(client(), pieces)
      return last.type === 'refused' ? last.refusal : last.type
    }
    for (const said of [Uint8Array.of(5, 0), Uint8Array.of(5, 255), Uint8Array.of(4), utf8('HTTP/1.1 400')]) {
      expect(refusal(said)).toEqual({ reason: 'not-socks' })
    }
    expect(refusal(METHOD, Uint8Array.of(1, 1))).toEqual({ reason: 'login-refused' })
    expect(refusal(METHOD, Uint8Array.of(5))).toEqual({ reason: 'not-socks' })
    expect(refusal(METHOD, WELCOME, Uint8Array.of(5, 0, 0, 9))).toEqual({ reason: 'not-socks' })
    for (let code = 1; code < 256; code++) {
      const refused = { reason: 'target-refused', code } as const
      expect(refusal(METHOD, WELCOME, Uint8Array.of(5, code))).toEqual(refused)
      expect(socksRefusalText(refused)).toMatch(/^[a-z].{10,}/i)
    }
  })
  it('[TOR-3] says only plain names and addresses to a proxy', () => {
    for (const host of ['example.org', '192.0.2.1', '2001:db8::1', 'a'.repeat(255)])
      expect(isSocksHost(host)).toBe(true)
    for (const host of ['', 'a b', 'ü.org', 'a\0b', 'a'.repeat(256), 'a\nb']) expect(isSocksHost(host)).toBe(false)
  })
})
