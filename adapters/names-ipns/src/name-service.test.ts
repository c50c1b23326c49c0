import { PROFILE_BYTES_MAX, blockCid, cidText } from '@parley/core'
import { never } from '@parley/engine/contract'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { CID } from 'multiformats/cid'
import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { World, nameServiceOver } from './testing/world.ts'

const SERVERS = 8

async function createKeys(): Promise<{ readonly seed: Uint8Array; readonly publicKey: Uint8Array }> {
  const seed = new Uint8Array(randomBytes(32))
  return { seed, publicKey: (await generateKeyPairFromSeed('Ed25519', seed)).publicKey.raw }
}
const blockOf = (length = 1_000): Uint8Array => new Uint8Array(randomBytes(length))
const read = async (stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return new Uint8Array(Buffer.concat(chunks))
}

describe('names', { timeout: 60_000 }, () => {
  it('[PUB-4] [PUB-5] are published, found by another device, and changed', async () => {
    await using world = await World.open(SERVERS)
    const [alice, bob] = [await world.device(), await world.device()]
    const { seed, publicKey } = await createKeys()
    expect(await bob.names.resolve(publicKey, never())).toBeUndefined()
    const [first, second] = [blockOf(), blockOf(PROFILE_BYTES_MAX)]
    await alice.names.publish(seed, first, 5, never())
    expect(await bob.names.resolve(publicKey, never())).toEqual(first)
    await alice.names.publish(seed, second, 6, never())
    expect(await bob.names.resolve(publicKey, never())).toEqual(second)
    // the publisher itself, too
    expect(await alice.names.resolve(publicKey, never())).toEqual(second)
  })

  it('[PUB-4] are found by a node of stock parts, block and all', async () => {
    await using world = await World.open(SERVERS)
    const alice = await world.device()
    const stock = await world.stock()
    const { seed, publicKey } = await createKeys()
    const block = blockOf()
    await alice.names.publish(seed, block, 1, never())
    const key = await stock.helia.getCrypto('Ed25519')
    const name = await key.publicKeyFromProtobuf(Uint8Array.of(0x08, 0x01, 0x12, 0x20, ...publicKey))
    const values: string[] = []
    for await (const { value } of stock.names.resolve(name, { signal: AbortSignal.timeout(20_000) })) values.push(value)
    const cid = cidText(blockCid(block))
    expect(values).toEqual([`/ipfs/${cid}`])
    const fetched = await read(stock.helia.blockstore.get(CID.parse(cid), { signal: AbortSignal.timeout(20_000) }))
    expect(fetched).toEqual(block)
  })

  it('[PUB-4] [PUB-5] of a node of stock parts are found by us', async () => {
    await using world = await World.open(SERVERS)
    const bob = await world.device()
    const stock = await world.stock()
    const block = blockOf()
    const cid = CID.parse(cidText(blockCid(block)))
    await stock.helia.blockstore.put(cid, block)
    await stock.helia.routing.provide(cid)
    const { publicKey } = await stock.names.publish('profile', cid)
    const raw = publicKey.toProtobuf().slice(-32)
    expect(await bob.names.resolve(raw, never())).toEqual(block)
  })

  it('[PUB-5] whose old record was put back lead to one of their blocks', async () => {
    await using world = await World.open(SERVERS)
    const [alice, again, bob] = [await world.device(), await world.device(), await world.device()]
    const { seed, publicKey } = await createKeys()
    const [older, newer] = [blockOf(), blockOf()]
    await alice.names.publish(seed, newer, 7, never())
    // a device of before that comes back: its block is there, its record has a lower sequence
    await again.names.publish(seed, older, 3, never())
    const found = await bob.names.resolve(publicKey, never())
    expect([older, newer]).toContainEqual(found)
  })

  it('[PUB-5] that point at no block, or at one that nobody has, are not there', async () => {
    await using world = await World.open(SERVERS)
    const bob = await world.device()
    const stock = await world.stock()
    const lost = CID.parse(cidText(blockCid(blockOf())))
    const { publicKey } = await stock.names.publish('lost', lost)
    expect(await bob.names.resolve(publicKey.toProtobuf().slice(-32), never())).toBeUndefined()
    const path = await stock.names.publish('path', `/ipfs/${lost.toString()}/index.html`)
    expect(await bob.names.resolve(path.publicKey.toProtobuf().slice(-32), never())).toBeUndefined()
    const name = await stock.names.publish('name', publicKey)
    expect(await bob.names.resolve(name.publicKey.toProtobuf().slice(-32), never())).toBeUndefined()
  })

  it('[PUB-6] are given up at once when the caller does, and refused after the stop', async () => {
    await using world = await World.open(2)
    const alone = await world.network([])
    const names = await nameServiceOver(alone.libp2p)
    const { seed, publicKey } = await createKeys()
    const reason = new Error('no longer wanted')
    const controller = new AbortController()
    const waiting = [
      names.resolve(publicKey, controller.signal),
      names.publish(seed, blockOf(), 1, controller.signal),
    ].map((work) => work.catch((error: unknown) => error))
    const stopped = names.publish(seed, blockOf(), 2, never()).catch((error: unknown) => error)
    controller.abort(reason)
    expect(await Promise.all(waiting)).toEqual([reason, reason])
    await expect(names.resolve(publicKey, AbortSignal.abort(reason))).rejects.toBe(reason)
    await names.stop()
    await names.stop()
    expect(await stopped).toMatchObject({ code: 'UNREACHABLE' })
    await expect(names.publish(seed, blockOf(), 3, never())).rejects.toMatchObject({ code: 'UNREACHABLE' })
  })

  it('[PUB-6] end with their service: nothing of it answers or runs any more', async () => {
    await using world = await World.open(SERVERS)
    const [alice, bob] = [await world.device(), await world.device()]
    const { seed, publicKey } = await createKeys()
    await alice.names.publish(seed, blockOf(), 1, never())
    await alice.names.stop()
    expect(alice.network.libp2p.getProtocols().filter((protocol) => protocol.includes('bitswap'))).toEqual([])
    expect(await bob.names.resolve(publicKey, never())).toBeUndefined()
    // the node goes on, and so does another service over it
    const again = await nameServiceOver(alice.network.libp2p)
    const block = blockOf()
    await again.publish(seed, block, 2, never())
    expect(await bob.names.resolve(publicKey, never())).toEqual(block)
    await again.stop()
  })
})
