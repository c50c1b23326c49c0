/** A node without its HTTP server: the engine over this machine's database, network and cryptography. */
import { createNodeCrypto, nodeRandom } from '@parley/adapter-crypto-node'
import type { Libp2pNetworkPort, TorOptions } from '@parley/adapter-network-libp2p'
import { openSqliteStore } from '@parley/adapter-store-sqlite-node'
import {
  type Engine,
  type LogPort,
  type NameServicePort,
  type NetworkWish,
  openEngine,
  PortError,
  type Reach,
  type StorePort,
} from '@parley/engine'
import { systemClock } from './clock.ts'
import type { StorageChoice } from './config/storage.ts'
import { fixPorts, reachPorts } from './listen-ports.ts'
import { offlineStorage } from './offline-storage.ts'
import { databasePath } from './private-file.ts'

/** An open account: call operations of the API's table, follow live queries and events; dispose to stop. */
export type Node = Engine

export interface NodeOptions {
  /** Folder with the node's keys and messages; made when missing. One process at a time. */
  readonly data: string
  /** Multiaddrs to listen on, exactly and for good. Absent: as far as `reach` says, on a port that is chosen once and kept. */
  readonly listen?: readonly string[]
  /** Who may reach this node, instead of what was chosen before; without effect with `listen` and `tor`. */
  readonly reach?: Reach
  /** Told to others instead of what the node listens on. */
  readonly announce?: readonly string[]
  /** Push nodes, each ending in `/p2p/` and its peer id. */
  readonly bootstrap?: readonly string[]
  /** Through this Tor and nothing else; `listen` and `announce` have no effect then. Spec: TOR-1. */
  readonly tor?: TorOptions
  /** Where what waits for others is kept besides push nodes. Absent: push nodes only. */
  readonly storage?: StorageChoice | undefined
  /** Origins from which blocks of others may be fetched by HTTPS; nothing else is ever fetched. */
  readonly fetchFrom?: readonly string[]
  /** Whether direct paths between routers are looked for; `auto`, the default: when anyone may reach this node. NET-20 */
  readonly directPaths?: DirectPathsChoice
  /** What a new account calls itself. */
  readonly name?: string
  /** Opens sealed keys. */
  readonly passphrase?: string
  /** Restores an account in a new folder. */
  readonly recoveryPhrase?: string
  readonly log?: LogPort
}

export type DirectPathsChoice = 'auto' | 'on' | 'off'

const quiet: LogPort = { log() {} }

/**
 * Opens the account in `data`, making one when the folder is new, and connects it.
 *
 * @throws EngineError `LOCKED`, `PASSPHRASE_WRONG`, `RECOVERY_PHRASE_INVALID`; PortError `STORE_IN_USE`,
 * `STORE_CORRUPT`, `STORE_FULL`, `ADDRESS_IN_USE`, `UNREACHABLE` when Tor is wanted and not there. Nothing stays open
 * then.
 */
export async function openNode(options: NodeOptions): Promise<Node> {
  const store = openNodeStore(options.data, options.log ?? quiet)
  try {
    return await openAccount(store, options)
  } catch (error) {
    store.close()
    throw error
  }
}

/** The database of a data folder, locked for this process. `onDamaged`: damage was found after opening. */
export function openNodeStore(data: string, log: LogPort, onDamaged?: (error: PortError) => void): StorePort {
  return openSqliteStore({ path: databasePath(data), log, ...(onDamaged === undefined ? {} : { onDamaged }) })
}

/**
 * Opens the account in `store`. The store stays open, and the caller's, when this rejects. With `networkAfter` it does
 * not wait for the network, which is made when that resolves: `connected` of the node says when it is there.
 */
export async function openAccount(store: StorePort, options: NodeOptions, networkAfter?: Promise<void>): Promise<Node> {
  const { data, listen, announce = [], bootstrap = [], log = quiet } = options
  const { tor, name, reach, directPaths, passphrase, recoveryPhrase, storage, fetchFrom = [] } = options
  const crypto = await createNodeCrypto()
  const where = announce.length === 0 ? {} : { announce }
  let made: Libp2pNetworkPort | undefined
  const networkOf = (): Libp2pNetworkPort => {
    if (made === undefined) throw new Error('the network is made before anything is stored')
    return made
  }
  const createNetwork = async (
    deviceSeed: Uint8Array,
    { reach: wanted, pushNodes }: NetworkWish,
  ): Promise<Libp2pNetworkPort> => {
    await networkAfter
    const { createLibp2pNetwork } = await loadNetwork()
    // who may reach us is chosen anew while the node runs
    const isWanted = (): boolean => directPaths === 'on' || made?.status().reach === 'anyone'
    const punch = directPaths === 'off' ? {} : { punch: { isWanted } }
    const common = { deviceSeed, bootstrap, pushNodes, log, ...where, ...punch }
    if (tor !== undefined) return createLibp2pNetwork({ deviceSeed, listen: [], bootstrap, pushNodes, tor, log })
    if (listen === undefined) {
      const listenOf = (each: Reach, isFresh: boolean) => reachPorts(data, each, isFresh)
      return createLibp2pNetwork({ ...common, listen: [], reach: { reach: wanted, listenOf } })
    }
    try {
      return await createLibp2pNetwork({ ...common, listen: await fixPorts(data, listen) })
    } catch (error) {
      const isOurChoice = listen.some((address) => /\/tcp\/0(\/|$)/.test(address))
      if (!(error instanceof PortError) || error.code !== 'ADDRESS_IN_USE' || !isOurChoice) throw error
      log.log('warn', 'another program took our port, so this node has a new address')
      return createLibp2pNetwork({ ...common, listen: await fixPorts(data, listen, true) })
    }
  }
  return openEngine(
    {
      ...offlineStorage({ data, storage, fetchFrom, network: networkOf, log, ...(tor === undefined ? {} : { tor }) }),
      store,
      clock: systemClock,
      random: nodeRandom,
      crypto,
      log,
      breathe: () => new Promise((resolve) => setImmediate(resolve)),
      openNames: () => openNames(networkOf(), log),
      createNetwork: async (deviceSeed, wish) => (made = await createNetwork(deviceSeed, wish)),
      networkAtStart: {
        isReachFixed: tor !== undefined || listen !== undefined,
        ...(tor === undefined ? {} : { transport: 'tor', reach: 'anyone' }),
      },
    },
    {
      isEarly: networkAfter !== undefined,
      ...(name === undefined ? {} : { name }),
      ...(reach === undefined ? {} : { reach }),
      ...(passphrase === undefined ? {} : { passphrase }),
      ...(recoveryPhrase === undefined ? {} : { recoveryPhrase }),
    },
  )
}

/** Most of what a node consists of, and nothing of what it answers from its store: loaded when it is connected. */
const loadNetwork = () => import('@parley/adapter-network-libp2p')

/** IPNS, and the one Helia of this node: loaded when a profile is public, or somebody is looked up. */
async function openNames({ libp2p }: Libp2pNetworkPort, log: LogPort): Promise<NameServicePort> {
  const [{ createNameService }, { leaseIpfs }] = await Promise.all([
    import('@parley/adapter-names-ipns'),
    import('@parley/adapter-storage-helia'),
  ])
  return createNameService({ libp2p, ipfs: leaseIpfs(libp2p, log), log })
}
