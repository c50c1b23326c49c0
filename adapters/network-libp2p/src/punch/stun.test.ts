import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { silentLog } from '../testing/networks.ts'
import { STUN_BURST_MAX, STUN_PER_SECOND, STUN_PLACES_MAX, STUN_TOTAL_BURST_MAX, StunBudget } from './stun-budget.ts'
import {
  STUN_REQUEST_BYTES_MAX,
  STUN_TRANSACTION_BYTES,
  decodeBindingAnswer,
  decodeBindingRequest,
  encodeBindingAnswer,
  encodeBindingRequest,
} from './stun-codec.ts'
import { startStunServer } from './stun-server.ts'
import type { StunServer } from './stun-server.ts'

const transactions = fc.uint8Array({ minLength: STUN_TRANSACTION_BYTES, maxLength: STUN_TRANSACTION_BYTES })
const ips = fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }))
const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))

/** A binding request of libjuice: SOFTWARE and FINGERPRINT. */
const REAL_REQUEST = fromHex('000100142112a442a4159b84e7bcb42658cbef49802200086c69626a7569636580280004aec3ab4a')

describe('STUN messages', () => {
  it('[PUSH-11] come out as they went in', () => {
    fc.assert(
      fc.property(transactions, ips, fc.nat(65_535), (transaction, ip, port) => {
        expect(decodeBindingRequest(encodeBindingRequest(transaction))).toEqual(transaction)
        expect(decodeBindingAnswer(encodeBindingAnswer(transaction, { ip, port }), transaction)).toEqual({ ip, port })
      }),
    )
  })

  it('[PUSH-11] are those of RFC 5769: an answer for IPv4 and one for IPv6', () => {
    const transaction = fromHex('b7e7a701bc34d686fa87dfae')
    const answer4 = fromHex('0101000c2112a442b7e7a701bc34d686fa87dfae002000080001a147e112a643')
    expect(decodeBindingAnswer(answer4, transaction)).toEqual({ ip: Uint8Array.of(192, 0, 2, 1), port: 32_853 })
    expect(encodeBindingAnswer(transaction, { ip: Uint8Array.of(192, 0, 2, 1), port: 32_853 })).toEqual(answer4)
    const answer6 = fromHex('010100182112a442b7e7a701bc34d686fa87dfae002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9')
    const ip6 = fromHex('20010db8123456780011223344556677')
    expect(decodeBindingAnswer(answer6, transaction)).toEqual({ ip: ip6, port: 32_853 })
    expect(encodeBindingAnswer(transaction, { ip: ip6, port: 32_853 })).toEqual(answer6)
  })

  it('[PUSH-11] are read as the library of devices writes them, and not when a bit of that is wrong', () => {
    expect(decodeBindingRequest(REAL_REQUEST)).toEqual(REAL_REQUEST.slice(8, 20))
    // bytes 32 and 33 are the type of the fingerprint: another type is an attribute that need not be understood
    for (let bit = 0; bit < 8 * REAL_REQUEST.length; bit++) {
      if (bit >> 4 === 16) continue
      const damaged = REAL_REQUEST.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
      expect(decodeBindingRequest(damaged)).toBeUndefined()
    }
  })

  it('[PUSH-11] never throw, whatever the bytes are', () => {
    const nearly = fc
      .tuple(fc.constantFrom(0x0001, 0x0101, 0x0011), fc.uint8Array({ maxLength: 80 }), fc.boolean())
      .map(([type, rest, isWhole]) => {
        const bytes = new Uint8Array(20 + (isWhole ? rest.length - (rest.length % 4) : rest.length))
        bytes.set(rest.subarray(0, bytes.length - 20), 20)
        new DataView(bytes.buffer).setUint32(0, (type << 16) | (bytes.length - 20))
        new DataView(bytes.buffer).setUint32(4, 0x2112a442)
        return bytes
      })
    fc.assert(
      fc.property(fc.oneof(nearly, fc.uint8Array({ maxLength: 700 })), transactions, (bytes, transaction) => {
        const read = decodeBindingRequest(bytes)
        if (read !== undefined) expect(read).toEqual(bytes.slice(8, 20))
        const mapped = decodeBindingAnswer(bytes, transaction)
        if (mapped !== undefined) expect([4, 16]).toContain(mapped.ip.length)
      }),
      { numRuns: 2_000 },
    )
    expect(decodeBindingRequest(new Uint8Array(STUN_REQUEST_BYTES_MAX + 4))).toBeUndefined()
  })

  it('[PUSH-11] are answered by no more than 24 bytes beyond the shortest request', () => {
    fc.assert(
      fc.property(transactions, ips, (transaction, ip) => {
        const answer = encodeBindingAnswer(transaction, { ip, port: 1 })
        expect(answer.length).toBe(encodeBindingRequest(transaction).length + (ip.length === 4 ? 12 : 24))
      }),
    )
  })
})

describe('the budget of answers', () => {
  const IP = Uint8Array.of(192, 0, 2, 1)
  const takeAll = (budget: StunBudget, ip: Uint8Array, nowMs: number): number => {
    let taken = 0
    while (taken < 10_000 && budget.take(ip, nowMs)) taken += 1
    return taken
  }

  it('[PUSH-12] gives an address a burst, then so many a second', () => {
    const budget = new StunBudget()
    expect(takeAll(budget, IP, 0)).toBe(STUN_BURST_MAX)
    expect(takeAll(budget, IP, 1_000)).toBe(STUN_PER_SECOND)
    expect(takeAll(budget, Uint8Array.of(192, 0, 2, 2), 1_000)).toBe(STUN_BURST_MAX)
    // a clock that stands or goes back gives nothing
    expect(takeAll(budget, IP, 500)).toBe(0)
  })

  it('[PUSH-12] counts a /64 of IPv6 as one address', () => {
    const budget = new StunBudget()
    const address = (last: number): Uint8Array => Uint8Array.from({ length: 16 }, (_, at) => (at === 15 ? last : 7))
    expect(takeAll(budget, address(1), 0)).toBe(STUN_BURST_MAX)
    expect(takeAll(budget, address(2), 0)).toBe(0)
  })

  it('[PUSH-12] bounds what all get together, and remembers so many addresses at most', () => {
    const budget = new StunBudget()
    const address = (at: number): Uint8Array => Uint8Array.of(10, at >> 16, (at >> 8) & 0xff, at & 0xff)
    let taken = 0
    for (let at = 0; at < 5_000; at++) taken += Number(budget.take(address(at), 0))
    expect(taken).toBe(STUN_TOTAL_BURST_MAX)
    for (let at = 0; at < 2 * STUN_PLACES_MAX; at++) budget.take(address(at), at * 10)
    expect(budget.size).toBe(STUN_PLACES_MAX)
  })
})

describe('the STUN port', () => {
  const open: (StunServer | Socket)[] = []
  afterEach(async () => {
    for (const each of open.splice(0)) await ('stop' in each ? each.stop() : each[Symbol.asyncDispose]())
  })

  async function ask(
    server: StunServer,
    request: Uint8Array,
    from = '127.0.0.1',
  ): Promise<{ answer: Uint8Array; port: number }> {
    const socket = createSocket('udp4')
    open.push(socket)
    socket.bind(0, from)
    await once(socket, 'listening')
    const answered = once(socket, 'message')
    socket.send(request, server.port, '127.0.0.1')
    const [answer] = await answered
    return { answer: Uint8Array.from(answer), port: socket.address().port }
  }

  const start = async (port = 0): Promise<StunServer> => {
    const server = await startStunServer({ hosts: ['127.0.0.1'], port, now: () => 0, log: silentLog })
    open.push(server)
    return server
  }

  it('[PUSH-11] tells whoever asks from where it is seen, and counts', async () => {
    const server = await start()
    const transaction = randomBytes(STUN_TRANSACTION_BYTES)
    const { answer, port } = await ask(server, encodeBindingRequest(transaction))
    expect(decodeBindingAnswer(answer, transaction)).toEqual({ ip: Uint8Array.of(127, 0, 0, 1), port })
    expect(server.figures()).toEqual({ answered: 1, limited: 0, ignored: 0 })
  })

  it('[PUSH-11] [PUSH-12] says nothing to bytes that are no request, nor beyond the budget', async () => {
    const server = await start()
    const socket = createSocket('udp4')
    open.push(socket)
    const answers: Uint8Array[] = []
    socket.on('message', (answer) => answers.push(answer))
    const send = (bytes: Uint8Array): Promise<void> =>
      new Promise((resolve) => socket.send(bytes, server.port, '127.0.0.1', () => resolve()))
    for (let sent = 0; sent < STUN_BURST_MAX + 30; sent++) {
      await send(encodeBindingRequest(randomBytes(STUN_TRANSACTION_BYTES)))
      await send(randomBytes(40))
    }
    // what came before this one has been read by then
    await ask(server, encodeBindingRequest(randomBytes(STUN_TRANSACTION_BYTES)), '127.0.0.2')
    expect(server.figures()).toEqual({ answered: STUN_BURST_MAX + 1, limited: 30, ignored: STUN_BURST_MAX + 30 })
    while (answers.length < STUN_BURST_MAX) await once(socket, 'message')
    expect(answers).toHaveLength(STUN_BURST_MAX)
  })

  it('[PUSH-11] names the port that somebody else has', async () => {
    const server = await start()
    await expect(start(server.port)).rejects.toMatchObject({
      code: 'ADDRESS_IN_USE',
      message: `Another program already uses UDP port ${server.port} of 127.0.0.1, where STUN should be answered.`,
    })
  })
})
