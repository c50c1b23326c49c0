import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import type { PeerId } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { POINTER_REPLICAS_MAX } from '@parley/core'
import { describe, expect, it } from 'vitest'
import { Search } from './search.ts'

const peerOf = async (number: number): Promise<PeerId> => {
  const seed = new Uint8Array(32)
  new DataView(seed.buffer).setUint32(0, number)
  return peerIdFromPrivateKey(await generateKeyPairFromSeed('Ed25519', seed))
}
const peers = await Promise.all(Array.from({ length: 600 }, (_, number) => peerOf(number)))
const [own] = peers
if (own === undefined) throw new Error('there are peers')

describe('a search for the nearest', () => {
  it('[MBX-3] is over when the nearest of all that were heard of have answered', () => {
    const search = new Search(own, new Uint8Array(32))
    for (const peer of peers.slice(0, 40)) search.hear(peer, [])
    let asked = 0
    for (let next = search.next(); next !== undefined; next = search.next()) {
      asked += 1
      next.state = asked % 3 === 0 ? 'failed' : 'answered'
    }
    expect(search.isDone).toBe(true)
    expect(search.found()).toHaveLength(POINTER_REPLICAS_MAX)
    expect(asked).toBeLessThan(2 * POINTER_REPLICAS_MAX)
    const nearer = peers.slice(40).find((peer) => {
      search.hear(peer, [])
      return search.next() !== undefined
    })
    expect(nearer).toBeDefined()
    expect(search.isDone).toBe(false)
  })

  it('[MBX-3] asks others in the place of slow ones, which count where there are too few others', () => {
    const search = new Search(own, new Uint8Array(32))
    for (const peer of peers.slice(0, 10)) search.hear(peer, [])
    for (let count = 0; count < 4; count++) {
      const next = search.next()
      if (next !== undefined) next.state = 'slow'
    }
    for (let next = search.next(); next !== undefined; next = search.next()) next.state = 'answered'
    expect(search.isDone).toBe(false)
    expect(search.found().filter(({ state }) => state === 'slow')).toHaveLength(3)
    for (const peer of peers.slice(10, 20)) search.hear(peer, [])
    for (let next = search.next(); next !== undefined; next = search.next()) next.state = 'answered'
    expect(search.isDone).toBe(true)
    expect(search.found().every(({ state }) => state === 'answered')).toBe(true)
  })

  it('[MBX-3] is never for ourselves, and remembers a bounded number', () => {
    const search = new Search(own, new Uint8Array(32))
    search.hear(own, [])
    expect([search.found(), search.isDone]).toEqual([[], false])
    for (const peer of peers) search.hear(peer, [])
    let known = 0
    for (let next = search.next(); next !== undefined; next = search.next()) {
      known += 1
      next.state = 'failed'
    }
    expect(known).toBe(512)
  })
})
