/**
 * Back after the network changed, by evidence: what waits for a later try tries now, and connections that died without
 * a word are found out and dropped. Spec: NET-31…NET-33.
 */
import { randomBytes } from 'node:crypto'
import type { Connection, PeerId } from '@libp2p/interface'
import { CHANGE_PATIENCE_MS, SILENCE_PATIENCE_MS } from '@parley/core'
import type { LogPort } from '@parley/engine'
import { after } from './deadline.ts'
import type { Host } from './host.ts'
import type { Infrastructure } from './infrastructure.ts'
import { createLiveness } from './liveness.ts'
import type { Liveness } from './liveness.ts'
import { createNetworkWatch, machineAddresses } from './network-watch.ts'
import type { NetworkWatch } from './network-watch.ts'

export interface RecoveryOptions {
  readonly infrastructure: Pick<Infrastructure, 'peers' | 'hurry'>
  /** Called when the network changed, and when a push node is connected after none was. */
  readonly onNetworkChanged: () => void
  readonly log: LogPort
}

export class Recovery {
  readonly #host: Host
  readonly #options: RecoveryOptions
  readonly #liveness: Liveness
  readonly #watch: NetworkWatch
  readonly #pushNodes: ReadonlySet<string>
  readonly #connected = new Set<string>()
  #isStopped = false

  constructor(host: Host, options: RecoveryOptions) {
    const { log, infrastructure } = options
    this.#host = host
    this.#options = options
    this.#liveness = createLiveness({ randomBytes, after, log })
    this.#pushNodes = new Set(infrastructure.peers.map(String))
    this.#watch = createNetworkWatch({
      addresses: machineAddresses,
      now: Date.now,
      after,
      onChange: (change) => {
        log.log('info', 'the network changed', { change })
        this.#onChange()
      },
    })
  }

  start(): void {
    this.#host.addEventListener('peer:connect', ({ detail }) => this.#onConnect(detail))
    this.#host.addEventListener('peer:disconnect', ({ detail }) => this.#onDisconnect(detail))
    this.#watch.start()
  }

  /** Something said that this peer may not be there any more, such as an acknowledgement that stays out. */
  check(peer: PeerId): void {
    for (const connection of this.#host.getConnections(peer)) this.#liveness.check(connection, SILENCE_PATIENCE_MS)
  }

  stop(): void {
    this.#isStopped = true
    this.#watch.stop()
  }

  #onChange(): void {
    this.#checkAll(this.#host.getConnections())
    this.#options.infrastructure.hurry()
    this.#options.onNetworkChanged()
    this.#tellAddresses()
  }

  /** libp2p tells peers of new addresses only when listeners come and go, not when interfaces do. */
  #tellAddresses(): void {
    const { peerId, peerStore } = this.#host
    const multiaddrs = this.#host.getMultiaddrs().map((address) => address.decapsulate(`/p2p/${peerId.toString()}`))
    peerStore.patch(peerId, { multiaddrs }).catch((error: unknown) => {
      this.#options.log.log('warn', 'new addresses are not told', { error: String(error) })
    })
  }

  #onConnect(peer: PeerId): void {
    if (!this.#pushNodes.has(peer.toString())) return
    const wasAlone = this.#connected.size === 0
    this.#connected.add(peer.toString())
    if (wasAlone && !this.#isStopped) this.#options.onNetworkChanged()
  }

  /** What cut a push node off may have cut off everybody: the router has another address, a cable is out. */
  #onDisconnect(peer: PeerId): void {
    if (!this.#connected.delete(peer.toString()) || this.#isStopped) return
    this.#checkAll(this.#host.getConnections())
  }

  #checkAll(connections: readonly Connection[]): void {
    for (const connection of connections) this.#liveness.check(connection, CHANGE_PATIENCE_MS)
  }
}
