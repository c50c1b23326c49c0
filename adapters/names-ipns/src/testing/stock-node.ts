/** A node of stock parts: libp2p, Helia and `@helia/ipns`, nothing of ours but the name of the DHT protocol. */
import { withBitswap } from '@helia/bitswap'
import { ipns } from '@helia/ipns'
import type { IPNS } from '@helia/ipns'
import { identify } from '@libp2p/identify'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { noise } from '@libp2p/noise'
import { peerIdFromCID } from '@libp2p/peer-id'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import type { Libp2p } from '@libp2p/interface'
import { MemoryBlockstore } from 'blockstore-core'
import { createHeliaLight } from 'helia'
import type { Helia, Router } from 'helia'
import { createLibp2p } from 'libp2p'

export interface StockNode {
  readonly libp2p: Libp2p
  readonly helia: Helia
  readonly names: IPNS
  stop(): Promise<void>
}

export async function createStockNode(bootstrap: readonly string[]): Promise<StockNode> {
  const libp2p = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: { denyDialMultiaddr: () => false },
    services: {
      identify: identify(),
      ping: ping(),
      dht: kadDHT({ protocol: '/parley/kad/1.0.0', clientMode: false, peerInfoMapper: passthroughMapper }),
    },
  })
  const light = createHeliaLight({ blockstore: new MemoryBlockstore(), routers: [routerOf(libp2p)] })
  const helia = withBitswap(Object.assign(light, { libp2p }))
  await helia.start()
  for (const address of bootstrap) await libp2p.dial(multiaddr(address))
  return {
    libp2p,
    helia,
    names: ipns(helia),
    stop: async () => {
      await helia.stop()
      await libp2p.stop()
    },
  }
}

/** The DHT as Helia asks it. */
function routerOf({ contentRouting, peerRouting }: Libp2p): Router {
  return {
    name: 'dht',
    provide: (cid, options) => contentRouting.provide(cid, options),
    cancelReprovide: (cid, options) => contentRouting.cancelReprovide(cid, options),
    async *findProviders(cid, options) {
      for await (const { id, multiaddrs } of contentRouting.findProviders(cid, options)) {
        yield { id: id.toCID(), multiaddrs, router: 'dht', fallback: false }
      }
    },
    put: (key, value, options) => contentRouting.put(key, value, options),
    get: async (key, options) => new Uint8Array(await contentRouting.get(key, options)),
    async findPeer(peer, options) {
      const { id, multiaddrs } = await peerRouting.findPeer(peerIdFromCID(peer), options)
      return { id: id.toCID(), multiaddrs, router: 'dht' }
    },
    async *getClosestPeers(key, options) {
      for await (const { id, multiaddrs } of peerRouting.getClosestPeers(key, options)) {
        yield { id: id.toCID(), multiaddrs, router: 'dht' }
      }
    },
  }
}
