import { createSocket } from 'node:dgram'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodePortControl, encodePcpMap, encodePmpMap, parseDefaultGateway } from './port-control-codec.ts'
import { PortControlRouter } from './port-control.ts'

const OUTSIDE = [203, 0, 113, 9]

/** A router on loopback that says `answer` to each datagram. */
async function router(answer: (question: Buffer) => Uint8Array | undefined) {
  const socket = createSocket('udp4')
  const questions: Buffer[] = []
  socket.on('message', (question, from) => {
    questions.push(question)
    const said = answer(question)
    if (said !== undefined) socket.send(said, from.port, from.address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  return { port: socket.address().port, questions, [Symbol.dispose]: () => socket.close() }
}

function pcpAnswer(question: Buffer): Uint8Array {
  const bytes = Buffer.alloc(60)
  question.copy(bytes)
  bytes[1] = 0x81
  bytes.fill(0, 2, 4)
  bytes.writeUInt32BE(1_800, 4)
  bytes.writeUInt16BE(40_404, 42)
  bytes.set([...Array.from({ length: 10 }, () => 0), 0xff, 0xff, ...OUTSIDE], 44)
  return bytes
}

function pmpAnswer(question: Buffer): Uint8Array {
  if (question[0] === 2) return Uint8Array.of(0, 0x81, 0, 1, 0, 0, 0, 0)
  const bytes = Buffer.alloc(question[1] === 0 ? 12 : 16)
  bytes[1] = 0x80 | (question[1] ?? 0)
  if (question[1] === 0) bytes.set(OUTSIDE, 8)
  else {
    question.copy(bytes, 8, 4, 6)
    bytes.writeUInt16BE(40_405, 10)
    bytes.writeUInt32BE(600, 12)
  }
  return bytes
}

const signal = () => AbortSignal.timeout(20_000)

describe('PCP and NAT-PMP', () => {
  it('[NET-14] a router that speaks PCP maps, and forgets', async () => {
    using there = await router(pcpAnswer)
    const own = new PortControlRouter('127.0.0.1', there.port)
    expect(await own.map(4_100, signal())).toEqual({ host: '203.0.113.9', port: 40_404, lifetimeMs: 1_800_000 })
    expect(there.questions[0]?.readUInt16BE(40)).toBe(4_100)
    await own.map(4_100, signal())
    // the port that it gave is asked for again
    expect(there.questions[1]?.readUInt16BE(42)).toBe(40_404)
    await own.unmap(signal())
    expect(there.questions[2]?.readUInt32BE(4)).toBe(0)
    await own.unmap(signal())
    expect(there.questions).toHaveLength(3)
  })

  it('[NET-14] one that knows the older NAT-PMP alone is asked in that', async () => {
    using there = await router(pmpAnswer)
    const own = new PortControlRouter('127.0.0.1', there.port)
    expect(await own.map(4_100, signal())).toEqual({ host: '203.0.113.9', port: 40_405, lifetimeMs: 600_000 })
    await own.unmap(signal())
    expect(there.questions.at(-1)).toEqual(Buffer.from(encodePmpMap(4_100, 0, 0)))
  })

  it('[NET-14] what is refused is told, and what answers nonsense is heard no more than silence', async () => {
    using refusing = await router((question) => Uint8Array.of(2, 0x81, 0, 2, ...question.subarray(4, 24)))
    await expect(new PortControlRouter('127.0.0.1', refusing.port).map(1, signal())).rejects.toThrow('PCP result 2')
    using silly = await router(() => Uint8Array.of(2))
    await expect(new PortControlRouter('127.0.0.1', silly.port).map(1, AbortSignal.timeout(600))).rejects.toThrow()
  })

  it('[NET-14] any bytes have an outcome', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => void decodePortControl(bytes)))
    const head = fc.tuple(fc.constantFrom(0, 2), fc.constantFrom(0x80, 0x81, 0x82), fc.constant(0), fc.constant(0))
    fc.assert(
      fc.property(
        head,
        fc.uint8Array({ maxLength: 60 }),
        (start, rest) => void decodePortControl(Uint8Array.of(...start, ...rest)),
      ),
    )
    const map = { client: '192.168.1.2', nonce: new Uint8Array(12), internalPort: 1, externalPort: 2, lifetimeS: 3 }
    expect(encodePcpMap(map)).toHaveLength(60)
  })

  it('[NET-14] finds the gateway in the table of Linux', () => {
    const head = 'Iface\tDestination\tGateway \tFlags\n'
    expect(parseDefaultGateway(`${head}eth0\t0001A8C0\t00000000\t0001\neth0\t00000000\t0101A8C0\t0003\n`)).toBe(
      '192.168.1.1',
    )
    expect(parseDefaultGateway(head)).toBeUndefined()
    fc.assert(fc.property(fc.string(), (text) => void parseDefaultGateway(text)))
  })
})
