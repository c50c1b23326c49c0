import { createPushHost } from '@parley/adapter-network-libp2p'
import type { Host } from '@parley/adapter-network-libp2p'
import type { BlockReaderPort, BlockStoragePort } from '@parley/engine'
import { namedBlock, never } from '@parley/engine/contract'
import { multiaddr } from '@multiformats/multiaddr'
import fc from 'fast-check'
import { withBitswap } from '@helia/bitswap'
import { createHeliaLight } from 'helia'
import type { Helia } from 'helia'
import { CID } from 'multiformats/cid'
import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { leaseIpfs } from './ipfs.ts'
import { createIpfsReader } from './ipfs-reader.ts'
import { createSelfHostedStorage } from './self-hosted.ts'
import { loopbackHost, quietLog, temporaryFolder } from './testing.ts'

const BITSWAP = '/ipfs/bitswap/1.2.0'
const cleanups: (() => Promise<unknown> | void)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function node(listen?: readonly string[]): Promise<Host> {
  const host = await loopbackHost(listen)
  cleanups.push(() => host.stop())
  return host
}

async function storageOn(libp2p: Host): Promise<BlockStoragePort> {
  const folder = temporaryFolder()
  const storage = await createSelfHostedStorage({ folder, libp2p, log: quietLog })
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }))
  cleanups.push(() => storage.stop())
  return storage
}

function readerOn(libp2p: Host, timeoutMs = 5_000): BlockReaderPort {
  const reader = createIpfsReader({ libp2p, log: quietLog, timeoutMs })
  cleanups.push(() => reader.stop())
  return reader
}

/** Streams of bitswap that `host` has got from now on. */
function countQuestions(host: Host): () => number {
  let count = 0
  const original = host.handle.bind(host)
  host.handle = (protocols, handler, options) =>
    original(
      protocols,
      (stream, connection) => {
        count += 1
        return handler(stream, connection)
      },
      options,
    )
  return () => count
}

describe('Helia over our own node', () => {
  it('[BLK-12] is not loaded before there is a block, and is after a restart with one', async () => {
    const libp2p = await node()
    const folder = temporaryFolder()
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }))
    const first = await createSelfHostedStorage({ folder, libp2p, log: quietLog })
    expect(libp2p.getProtocols()).not.toContain(BITSWAP)
    const { cid, block } = namedBlock(1, 600)
    const [location = ''] = await first.store(cid, block, never())
    expect(libp2p.getProtocols()).toContain(BITSWAP)
    await first.stop()
    expect(libp2p.getProtocols()).not.toContain(BITSWAP)
    const second = await createSelfHostedStorage({ folder, libp2p, log: quietLog })
    cleanups.push(() => second.stop())
    expect(libp2p.getProtocols()).toContain(BITSWAP)
    expect(await readerOn(await node()).read(location, cid, never())).toEqual(block)
  })
  it('[BLK-12] is one for a storage and a reader of the same node, and lives as long as either', async () => {
    const libp2p = await node()
    const other = await node()
    const storage = await storageOn(libp2p)
    const otherStorage = await storageOn(other)
    const reader = readerOn(libp2p)
    const [mine, theirs] = [namedBlock(1, 600), namedBlock(2, 600)]
    const [at = ''] = await storage.store(mine.cid, mine.block, never())
    const [there = ''] = await otherStorage.store(theirs.cid, theirs.block, never())
    expect(await reader.read(there, theirs.cid, never())).toEqual(theirs.block)
    await reader.stop()
    expect(await readerOn(other).read(at, mine.cid, never())).toEqual(mine.block)
    await storage.stop()
    await storage.stop()
    expect(libp2p.getProtocols()).not.toContain(BITSWAP)
  })
  it('[BLK-12] keeps nothing of what it read: the next one must ask the holder', async () => {
    const holder = await storageOn(await node())
    const middle = await node()
    await storageOn(middle)
    const { cid, block } = namedBlock(3, 600)
    const [location = ''] = await holder.store(cid, block, never())
    expect(await readerOn(middle).read(location, cid, never())).toEqual(block)
    const [middleAddress] = middle.getMultiaddrs()
    expect(await readerOn(await node()).read(String(middleAddress), cid, never())).toBeUndefined()
  })
  it('[BLK-12] asks the named peer and no other that is connected', async () => {
    const [holderNode, bystander, readerNode] = [await node(), await node(), await node()]
    const asked = countQuestions(bystander)
    const holder = await storageOn(holderNode)
    const other = await storageOn(bystander)
    await other.store(namedBlock(4, 10).cid, namedBlock(4, 10).block, never())
    const { cid, block } = namedBlock(5, 600)
    const [location = ''] = await holder.store(cid, block, never())
    await readerNode.dial(bystander.getMultiaddrs())
    await bystander.dial(holderNode.getMultiaddrs())
    const reader = readerOn(readerNode)
    expect(await reader.read(location, cid, never())).toEqual(block)
    expect(await reader.read(location, namedBlock(6, 10).cid, never())).toBeUndefined()
    expect(asked()).toBe(0)
  })
  it('[BLK-12] never searches: what is not here is not sought elsewhere', async () => {
    const [holderNode, middle] = [await node(), await node()]
    const holder = await storageOn(holderNode)
    const { cid, block } = namedBlock(14, 600)
    await holder.store(cid, block, never())
    await middle.dial(holderNode.getMultiaddrs())
    const ipfs = leaseIpfs(middle, quietLog)
    cleanups.push(() => ipfs.release())
    const helia = await ipfs.start()
    const sought = async (): Promise<void> => {
      for await (const chunk of helia.blockstore.get(CID.parse(cid))) expect(chunk).toBeUndefined()
    }
    await expect(sought()).rejects.toThrow('Failed to load block')
  })
  it('[BLK-12] answers again and again on one connection, and tells when the block has come', async () => {
    const holder = await storageOn(await node())
    const reader = readerOn(await node())
    const { cid, block } = namedBlock(7, 600)
    const other = namedBlock(8, 600)
    const [location = ''] = await holder.store(other.cid, other.block, never())
    for (let round = 0; round < 3; round++) expect(await reader.read(location, cid, never())).toBeUndefined()
    await holder.store(cid, block, never())
    for (let round = 0; round < 3; round++) expect(await reader.read(location, cid, never())).toEqual(block)
    const many = Array.from({ length: 20 }, () => reader.read(location, cid, never()))
    expect((await Promise.all(many)).every((read) => read?.length === 600)).toBe(true)
  })
  it('[BLK-12] carries a thousand blocks at once', async () => {
    const holder = await storageOn(await node())
    const reader = readerOn(await node(), 20_000)
    const blocks = Array.from({ length: 1_000 }, (_, index) => namedBlock(index, 2_048))
    const stored = await Promise.all(
      blocks.map(async ({ cid, block }) => ({ cid, at: (await holder.store(cid, block, never()))[0] ?? '' })),
    )
    const read = await Promise.all(stored.map(({ cid, at }) => reader.read(at, cid, never())))
    expect(read.every((block) => block?.length === 2_048)).toBe(true)
  })
})

describe('other IPFS nodes', () => {
  async function foreign(libp2p: Host): Promise<Helia> {
    const helia = withBitswap(Object.assign(createHeliaLight(), { libp2p }))
    await helia.start()
    cleanups.push(() => helia.stop())
    return helia
  }
  const take = async (blocks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Uint8Array> => {
    const chunks: Uint8Array[] = []
    for await (const chunk of blocks) chunks.push(chunk)
    return new Uint8Array(Buffer.concat(chunks))
  }
  it('[BLK-12] [BLK-1] fetch from an outbox', async () => {
    const [own, other] = [await node(), await node()]
    const storage = await storageOn(own)
    const { cid, block } = namedBlock(15, 32_768)
    await storage.store(cid, block, never())
    const helia = await foreign(other)
    await other.dial(own.getMultiaddrs())
    expect(await take(helia.blockstore.get(CID.parse(cid)))).toEqual(block)
  })
  it('[BLK-12] [BLK-1] are read from', async () => {
    const other = await node()
    const helia = await foreign(other)
    const { cid, block } = namedBlock(16, 32_768)
    await helia.blockstore.put(CID.parse(cid), block)
    const reader = readerOn(await node())
    expect(await reader.read(String(other.getMultiaddrs()[0]), cid, never())).toEqual(block)
  })
})

describe('through a relay', () => {
  it('[BLK-12] reads from a node that nobody can dial', async () => {
    const push = await createPushHost({
      seed: new Uint8Array(32).fill(9),
      listen: ['/ip4/127.0.0.1/tcp/0'],
      bootstrap: [],
      log: quietLog,
    })
    cleanups.push(() => push.stop())
    const [relay = ''] = push.addresses()
    const hidden = await node([`${relay}/p2p-circuit`])
    const storage = await storageOn(hidden)
    const { cid, block } = namedBlock(9, 32_768)
    const [location = ''] = await storage.store(cid, block, never())
    expect(location).toContain('/p2p-circuit/')
    const far = await node([])
    const reader = readerOn(far)
    expect(await reader.read(location, cid, never())).toEqual(block)
    expect(await reader.read(location, namedBlock(10, 10).cid, never())).toBeUndefined()
    const [connection] = far.getConnections(hidden.peerId)
    expect(connection?.limits).toBeDefined()
  })
})

describe('a reader', () => {
  it('[BLK-9] tries addresses that name their peer, and takes any text', async () => {
    const reader = readerOn(await node())
    const peer = '/p2p/12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo'
    expect(reader.canRead(`/ip4/127.0.0.1/tcp/1${peer}`)).toBe(true)
    for (const other of ['', '/', '/ip4/127.0.0.1/tcp/1', 'https://example.org/', '/p2p/nobody', `${peer}/tcp/1`]) {
      expect([other, reader.canRead(other)]).toEqual([other, false])
    }
    fc.assert(fc.property(fc.string(), (text) => typeof reader.canRead(`/${text}`) === 'boolean'))
  })
  it('[BLK-9] calls a peer that is not there, or is another one, unreachable', async () => {
    const [gone, someone] = [await node(), await node()]
    const { cid } = namedBlock(11, 10)
    const address = String(gone.getMultiaddrs()[0])
    const reader = readerOn(await node())
    await gone.stop()
    const unreachable = { name: 'PortError', code: 'STORAGE_UNREACHABLE', isRetryable: true }
    await expect(reader.read(address, cid, never())).rejects.toMatchObject(unreachable)
    const wrong = multiaddr(String(someone.getMultiaddrs()[0]))
      .decapsulate('/p2p')
      .encapsulate(`/p2p/${gone.peerId.toString()}`)
    await expect(reader.read(String(wrong), cid, never())).rejects.toMatchObject(unreachable)
  })
  it('[BLK-9] [BLK-8] does not wait for ever for a peer that is silent, and ends at once when told', async () => {
    const server = createServer(() => undefined)
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    cleanups.push(() => void server.close())
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    const location = `/ip4/127.0.0.1/tcp/${port}/p2p/12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo`
    const { cid } = namedBlock(12, 10)
    const reader = readerOn(await node(), 300)
    await expect(reader.read(location, cid, never())).rejects.toMatchObject({ code: 'STORAGE_UNREACHABLE' })
    const controller = new AbortController()
    const reason = new Error('no longer wanted')
    const read = reader.read(location, cid, controller.signal)
    controller.abort(reason)
    await expect(read).rejects.toBe(reason)
  })
  it('[BLK-9] finds nothing at a peer that does not speak bitswap', async () => {
    const plain = await node()
    const { cid } = namedBlock(13, 10)
    expect(await readerOn(await node()).read(String(plain.getMultiaddrs()[0]), cid, never())).toBeUndefined()
  })
})
