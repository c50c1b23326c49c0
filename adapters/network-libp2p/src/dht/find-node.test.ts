import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeFindNode, parseNearPeers } from './find-node.ts'

const peer = peerIdFromPrivateKey(await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(7)))
const address = multiaddr('/ip4/127.0.0.1/tcp/4001')

const field = (number: number, bytes: Uint8Array): Uint8Array =>
  Uint8Array.of((number << 3) | 2, bytes.length, ...bytes)
const join = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))

describe('a question to a server of the DHT', () => {
  it('[MBX-3] asks for a key', () => {
    expect([...encodeFindNode(Uint8Array.of(1, 2, 3))]).toEqual([0x08, 4, 0x12, 3, 1, 2, 3])
  })

  it('[MBX-3] is answered with peers and where they are; what cannot be read of them is left out', () => {
    const id = peer.toMultihash().bytes
    const answer = join(
      Uint8Array.of(0x08, 4),
      field(8, join(field(1, id), field(2, address.bytes), field(2, Uint8Array.of(255, 255)), Uint8Array.of(0x18, 1))),
      field(8, field(1, Uint8Array.of(9, 9, 9))),
      field(8, field(2, address.bytes)),
      field(8, Uint8Array.of(0xff)),
      field(8, field(1, id)),
    )
    const read = parseNearPeers(answer)?.map(({ id: who, addresses }) => [who.toString(), addresses.map(String)])
    expect(read).toEqual([
      [peer.toString(), ['/ip4/127.0.0.1/tcp/4001']],
      [peer.toString(), []],
    ])
  })

  it('[MBX-3] may be answered with any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const peers = parseNearPeers(bytes)
        expect(peers === undefined || peers.length <= 20).toBe(true)
      }),
    )
    const inside = fc.uint8Array({ maxLength: 100 }).map((bytes) => field(8, bytes))
    fc.assert(
      fc.property(fc.array(inside, { maxLength: 40 }), (parts) => {
        expect(parseNearPeers(join(...parts))?.length ?? 0).toBeLessThanOrEqual(20)
      }),
    )
    for (const torn of [[0x42], [0x42, 0xff], [0x42, 5, 1], [0x80], [0x07], [...Array(11).fill(0xff)]]) {
      expect(parseNearPeers(Uint8Array.from(torn))).toBeUndefined()
    }
  })
})
