/** Push nodes and devices on loopback, stopped together. */
import { createLibp2pNetwork, createPushHost } from '@parley/adapter-network-libp2p'
import type { Libp2pNetworkPort } from '@parley/adapter-network-libp2p'
import type { Libp2p } from '@libp2p/interface'
import { leaseIpfs } from '@parley/adapter-storage-helia'
import type { LogPort, NameServicePort } from '@parley/engine'
import { joinMailbox } from '@parley/engine/contract'
import { randomBytes } from 'node:crypto'
import { createNameService } from '../name-service.ts'
import { createStockNode } from './stock-node.ts'
import type { StockNode } from './stock-node.ts'

const LOOPBACK = '/ip4/127.0.0.1/tcp/0'
export const quietLog: LogPort = { log: () => undefined }

/** Shares the Helia of its node, as a daemon does. */
export const nameServiceOver = (libp2p: Libp2p): Promise<NameServicePort> =>
  createNameService({ libp2p, ipfs: leaseIpfs(libp2p, quietLog), log: quietLog })

export interface Device {
  readonly network: Libp2pNetworkPort
  readonly names: NameServicePort
}

export class World implements AsyncDisposable {
  readonly #tasks: (() => Promise<unknown>)[] = []
  readonly #pushNodes: string[] = []

  /** With as many push nodes, the servers of the DHT. */
  static async open(pushNodes: number): Promise<World> {
    const world = new World()
    for (let count = 0; count < pushNodes; count++) {
      const [first] = world.#pushNodes
      const push = await createPushHost({
        seed: randomBytes(32),
        listen: [LOOPBACK],
        bootstrap: first === undefined ? [] : [first],
        log: quietLog,
      })
      world.#tasks.push(() => push.stop())
      world.#pushNodes.push(push.addresses()[0] ?? '')
    }
    return world
  }

  /** Connected to one of the push nodes. */
  async device(): Promise<Device> {
    const device = await this.network()
    const names = await nameServiceOver(device.libp2p)
    this.#tasks.push(() => names.stop())
    return { network: device, names }
  }

  async network(bootstrap = this.#pushNodes.slice(-1)): Promise<Libp2pNetworkPort> {
    const network = await createLibp2pNetwork({
      deviceSeed: randomBytes(32),
      listen: [LOOPBACK],
      bootstrap,
      isRelayClient: false,
      log: quietLog,
    })
    this.#tasks.push(() => network.stop())
    const caller = await joinMailbox(network)
    await caller.until(() => network.mailbox.pushNodes().length === bootstrap.length)
    return network
  }

  async stock(): Promise<StockNode> {
    const node = await createStockNode(this.#pushNodes.slice(0, 1))
    this.#tasks.push(() => node.stop())
    return node
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const task of this.#tasks.toReversed()) await task()
  }
}
