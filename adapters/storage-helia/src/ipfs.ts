/** One Helia over each libp2p node, started when it is first needed and stopped when nobody needs it. Spec: BLK-12. */
import type { Helia } from 'helia'
import type { Connection, Libp2p, PeerId } from '@libp2p/interface'
import type { LogPort } from '@parley/engine'
import { ENVELOPE_BYTES_MAX } from '@parley/core'
import { PortError } from '@parley/engine'
import { askPeer } from './ask-peer.ts'
import { libp2pView } from './libp2p-view.ts'
import { OutboxBlockstore } from './outbox-blockstore.ts'
import type { BlockSource } from './outbox-blockstore.ts'

/** One block and what bitswap says around it; others pack up to 2 MiB into a message. */
const MESSAGE_BYTES_MAX = 4 * ENVELOPE_BYTES_MAX

/**
 * Blocks that one message may ask of us; more are not answered. All of them are in memory at once, and a reader of ours
 * never asks for more than sixteen.
 */
const WANTS_MAX = 64

const OPTIONS = {
  runOnLimitedConnections: true,
  maxIncomingMessageSize: MESSAGE_BYTES_MAX,
  // its documentation spells it otherwise, and then it has no effect
  maxWantListSize: WANTS_MAX,
}

/** The part of one user in a shared Helia. */
export interface IpfsLease {
  /**
   * Starts Helia when it does not run yet: a third of a second and 33 MB the first time.
   * @throws PortError `STORAGE_UNREACHABLE` after the release.
   */
  start(): Promise<Helia>
  /** Tells of each message of bitswap that could not be sent to a peer, until the returned function is called. */
  onUnsent(listener: (peer: PeerId) => void): () => void
  /** From now on the peers of this node may fetch what is in `source`. */
  serve(source: BlockSource): void
  /**
   * The block from the peer at the other end of `connection`, and from nobody else; `undefined`: it says that it has none.
   * @param cid as text. @throws Error when it was not asked, or the connection or the time ended before an answer.
   */
  ask(connection: Connection, cid: string, signal: AbortSignal): Promise<Uint8Array | undefined>
  /** Stops serving its sources; the last one stops Helia. Idempotent. */
  release(): Promise<void>
}

const sharedByNode = new WeakMap<Libp2p, SharedIpfs>()

/** A part of the Helia over `libp2p`, the same for everybody who asks with this node. */
export function leaseIpfs(libp2p: Libp2p, log: LogPort): IpfsLease {
  const shared = sharedByNode.get(libp2p) ?? new SharedIpfs(libp2p, log)
  sharedByNode.set(libp2p, shared)
  return shared.lease()
}

class SharedIpfs {
  readonly #libp2p: Libp2p
  readonly #blockstore: OutboxBlockstore
  readonly #unsentListeners = new Set<(peer: PeerId) => void>()
  #leases = 0
  #running: Promise<Helia> | undefined
  #stopping: Promise<void> = Promise.resolve()

  constructor(libp2p: Libp2p, log: LogPort) {
    this.#libp2p = libp2p
    this.#blockstore = new OutboxBlockstore(log)
  }

  lease(): IpfsLease {
    this.#leases += 1
    const sources = new Set<BlockSource>()
    let released: Promise<void> | undefined
    const lease: IpfsLease = {
      start: () => {
        if (released === undefined) return this.#start()
        return Promise.reject(new PortError('STORAGE_UNREACHABLE', 'this has stopped', false))
      },
      ask: async (connection, cid, signal) => askPeer(await lease.start(), lease, connection, cid, signal),
      onUnsent: (listener) => {
        this.#unsentListeners.add(listener)
        return () => void this.#unsentListeners.delete(listener)
      },
      serve: (source) => {
        sources.add(source)
        this.#blockstore.serve(source)
      },
      release: () => {
        for (const source of sources) this.#blockstore.forget(source)
        released ??= this.#release()
        return released
      },
    }
    return lease
  }

  #start(): Promise<Helia> {
    this.#running ??= this.#stopping
      .then(() =>
        createHelia(
          libp2pView(this.#libp2p, (peer) => this.#tellUnsent(peer)),
          this.#blockstore,
        ),
      )
      .catch((error: unknown) => {
        this.#running = undefined
        throw error
      })
    return this.#running
  }

  #tellUnsent(peer: PeerId): void {
    for (const listener of this.#unsentListeners) listener(peer)
  }

  async #release(): Promise<void> {
    this.#leases -= 1
    const running = this.#running
    if (this.#leases > 0 || running === undefined) return
    this.#running = undefined
    this.#stopping = running.then(
      async (helia) => void (await helia.stop()),
      () => undefined, // whoever waited for the start was told
    )
    await this.#stopping
  }
}

/** No routers, no gateways, no node of its own: bitswap over ours. */
async function createHelia(libp2p: Libp2p, blockstore: OutboxBlockstore): Promise<Helia> {
  const [{ createHeliaLight }, { withBitswap }] = await Promise.all([import('helia'), import('@helia/bitswap')])
  const helia = withBitswap(Object.assign(createHeliaLight({ blockstore }), { libp2p }), OPTIONS)
  const addBlockBroker = helia.addBlockBroker.bind(helia)
  helia.addBlockBroker = (broker) => {
    // a block that was removed while a peer asks for it must not be sought among the others
    if (typeof broker !== 'function') broker.retrieve = refuseToSearch
    addBlockBroker(broker)
  }
  await helia.start()
  return helia
}

const refuseToSearch = (): Promise<never> => Promise.reject(new Error('blocks are read from named peers only'))
