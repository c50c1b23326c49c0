/** NetworkPort over libp2p. */
import type { Connection, PeerId, Stream } from '@libp2p/interface'
import {
  CONNECTIONS_MAX,
  CONNECT_TIMEOUT_MS,
  INFRASTRUCTURE_PEERS_MAX,
  LINK_OPEN_TIMEOUT_MS,
  assert,
} from '@parley/core'
import { PortError } from '@parley/engine'
import type { LogPort, NetworkHandlers, NetworkPort, NetworkStatus } from '@parley/engine'
import { addressPeer, parseAddress, parsePeerId } from './addresses.ts'
import { waitUnlessAborted, withDeadline } from './deadline.ts'
import { dialPeer, openConnection } from './dialer.ts'
import { createHost } from './host.ts'
import type { Host } from './host.ts'
import { createKeeper } from './keeper.ts'
import type { Keeper } from './keeper.ts'
import { LinkTable } from './link-table.ts'
import { offersRelay } from './relay-reservations.ts'

export const LINK_PROTOCOL = '/parley/link/1.0.0'
/** Inbound streams of one connection that may wait for their first frame or still flush. */
const LINK_STREAMS_PER_CONNECTION_MAX = 8

export interface Libp2pNetworkOptions {
  /** Ed25519 seed of the device, 32 bytes, copied. Its public key is the peer id. */
  readonly deviceSeed: Uint8Array
  /** Multiaddrs, for example `/ip4/0.0.0.0/tcp/4001` and `/ip4/127.0.0.1/tcp/0/ws`. Empty: nobody can dial us directly. */
  readonly listen: readonly string[]
  /** Push nodes, each with `/p2p/` at the end; kept connected. At most INFRASTRUCTURE_PEERS_MAX. */
  readonly bootstrap: readonly string[]
  /** Told to others instead of what we listen on. */
  readonly announce?: readonly string[]
  /** Whether to ask the push nodes for a reservation, so that we can be reached through them. Default true. */
  readonly isRelayClient?: boolean
  readonly log: LogPort
}

/**
 * Creates the network of one device. It listens when this resolves and takes links after `start`.
 *
 * @throws PortError `ADDRESS_IN_USE` naming the address in words; Error when a listen or bootstrap address is unusable.
 */
export async function createLibp2pNetwork(options: Libp2pNetworkOptions): Promise<NetworkPort> {
  const infrastructure = parseInfrastructure(options.bootstrap)
  const host = await createHost({
    seed: options.deviceSeed,
    listen: options.listen,
    ...(options.announce === undefined ? {} : { announce: options.announce }),
    dhtMode: 'auto',
    connectionsMax: CONNECTIONS_MAX,
  })
  return new Libp2pNetwork(host, infrastructure, options)
}

interface Infrastructure {
  readonly peer: PeerId
  readonly address: string
}

function parseInfrastructure(bootstrap: readonly string[]): readonly Infrastructure[] {
  if (bootstrap.length > INFRASTRUCTURE_PEERS_MAX) {
    throw new Error(`More than ${INFRASTRUCTURE_PEERS_MAX} push nodes are configured.`)
  }
  return bootstrap.map((address) => {
    const parsed = parseAddress(address)
    const peer = parsePeerId((parsed && addressPeer(parsed)) ?? '')
    if (peer === undefined) throw new Error(`The push node address ${address} is not a multiaddr that ends in /p2p/ID.`)
    return { peer, address }
  })
}

/** One dial, shared by everybody who waits for the same peer. */
interface Attempt {
  readonly result: Promise<void>
  readonly controller: AbortController
  waiting: number
}

class Libp2pNetwork implements NetworkPort {
  readonly peerId: string
  readonly #host: Host
  readonly #infrastructure: readonly Infrastructure[]
  readonly #options: Libp2pNetworkOptions
  readonly #keeper: Keeper
  readonly #attempts = new Map<string, Attempt>()
  readonly #stopping = new AbortController()
  #links: LinkTable | undefined
  #stopped: Promise<void> | undefined

  constructor(host: Host, infrastructure: readonly Infrastructure[], options: Libp2pNetworkOptions) {
    this.peerId = host.peerId.toString()
    this.#host = host
    this.#infrastructure = infrastructure
    this.#options = options
    this.#keeper = createKeeper({
      peers: infrastructure.map(({ peer }) => peer.toString()),
      ensure: (peer, signal) => this.#ensure(peer, signal),
      after: (delayMs, fire) => {
        const timer = setTimeout(fire, delayMs)
        return () => clearTimeout(timer)
      },
      random: Math.random,
      log: options.log,
    })
  }

  async start(handlers: NetworkHandlers): Promise<void> {
    assert(this.#links === undefined && this.#stopped === undefined, 'a network starts once')
    const host = this.#host
    const links = new LinkTable({
      ownPeerId: this.peerId,
      log: this.#options.log,
      onLink: (link) => handlers.onLink(link),
    })
    this.#links = links
    const onStatus = coalesce(() => this.#stopped === undefined && handlers.onStatus())
    host.addEventListener('self:peer:update', onStatus)
    host.addEventListener('peer:connect', onStatus)
    host.addEventListener('peer:disconnect', ({ detail: peer }) => {
      this.#keeper.lost(peer.toString())
      onStatus()
    })
    host.services.relays.onLost = (relay) => this.#keeper.lost(relay.toString())
    await host.handle(LINK_PROTOCOL, (stream, connection) => links.accept(stream, connection), {
      maxInboundStreams: LINK_STREAMS_PER_CONNECTION_MAX,
      maxOutboundStreams: LINK_STREAMS_PER_CONNECTION_MAX,
      runOnLimitedConnection: true,
    })
    this.#keeper.start()
  }

  async connect(peerId: string, addresses: readonly string[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const links = this.#links
    assert(links !== undefined, 'connect before start')
    const peer = parsePeerId(peerId)
    if (peer === undefined) throw new PortError('UNREACHABLE', 'This is not a peer id.', false)
    if (peerId === this.peerId) throw new PortError('UNREACHABLE', 'This peer id is our own.', false)
    if (this.#stopped !== undefined) throw new PortError('UNREACHABLE', 'The network has stopped.', false)
    if (links.has(peerId)) return
    const attempt = this.#attempts.get(peerId) ?? this.#attempt(links, peer, addresses)
    attempt.waiting += 1
    try {
      await waitUnlessAborted(attempt.result, signal)
    } finally {
      attempt.waiting -= 1
      if (attempt.waiting === 0) attempt.controller.abort(new Error('nobody waits for this link any more'))
    }
  }

  addresses(): readonly string[] {
    return this.#stopped === undefined ? this.#host.getMultiaddrs().map(String) : []
  }

  status(): NetworkStatus {
    const addresses = this.addresses()
    const isStopped = this.#stopped !== undefined
    return {
      isListening: addresses.length > 0,
      addresses,
      infrastructure: this.#infrastructure.map(({ peer, address }) => ({
        address,
        isConnected: !isStopped && openConnection(this.#host, peer) !== undefined,
      })),
      connections: isStopped ? 0 : this.#host.getPeers().length,
    }
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    this.#stopping.abort(new PortError('UNREACHABLE', 'The network has stopped.', false))
    this.#keeper.stop()
    await this.#links?.stop()
    await this.#host.stop()
  }

  #attempt(links: LinkTable, peer: PeerId, addresses: readonly string[]): Attempt {
    const peerId = peer.toString()
    const controller = new AbortController()
    const stopAttempt = (): void => controller.abort(this.#stopping.signal.reason)
    this.#stopping.signal.addEventListener('abort', stopAttempt)
    const arrival = Promise.withResolvers<void>()
    const stopWaiting = links.onArrival(peerId, arrival.resolve)
    const work = withDeadline(controller.signal, CONNECT_TIMEOUT_MS, (signal) =>
      this.#link(links, peer, addresses, signal),
    )
    const result = Promise.race([work, arrival.promise]).finally(() => {
      this.#attempts.delete(peerId)
      this.#stopping.signal.removeEventListener('abort', stopAttempt)
      stopWaiting()
      controller.abort(new Error('the link is there'))
    })
    // whoever waits sees the failure; when nobody does any more, or the link arrived otherwise, it is of no interest
    work.catch(() => undefined)
    result.catch(() => undefined)
    const attempt = { result, controller, waiting: 0 }
    this.#attempts.set(peerId, attempt)
    return attempt
  }

  async #link(links: LinkTable, peer: PeerId, addresses: readonly string[], signal: AbortSignal): Promise<void> {
    try {
      const existing = openConnection(this.#host, peer)
      if (existing !== undefined && (await this.#linkOver(links, existing, signal).catch(rethrowUnlessStale(existing))))
        return
      const relays = this.#infrastructure.map((kept) => kept.peer)
      const connection = await dialPeer(this.#host, peer, addresses, relays, signal)
      if (await this.#linkOver(links, connection, signal)) return
    } catch (error) {
      if (this.#stopping.signal.aborted) throw this.#stopping.signal.reason
      throw toPortError(peer, error)
    }
    throw new PortError('UNREACHABLE', `Peer …${peer.toString().slice(-6)} refuses a link.`, true)
  }

  #linkOver(links: LinkTable, connection: Connection, signal: AbortSignal): Promise<boolean> {
    const openStream = (): Promise<Stream> =>
      withDeadline(signal, LINK_OPEN_TIMEOUT_MS, (openSignal) =>
        connection.newStream(LINK_PROTOCOL, { signal: openSignal, runOnLimitedConnection: true }),
      )
    return links.offer(openStream, connection)
  }

  /** A connection to the push node and, when it relays and we want it, a reservation there. */
  async #ensure(peerId: string, signal: AbortSignal): Promise<void> {
    const kept = this.#infrastructure.find(({ peer }) => peer.toString() === peerId)
    assert(kept !== undefined, 'only what is configured is kept')
    const { relays, identify } = this.#host.services
    const connection = openConnection(this.#host, kept.peer) ?? (await this.#dialInfrastructure(kept, signal))
    if (this.#options.isRelayClient === false || !connection.direct || relays.has(kept.peer)) return
    const { protocols } = await withDeadline(signal, LINK_OPEN_TIMEOUT_MS, (identifySignal) =>
      identify.identify(connection, { signal: identifySignal }),
    )
    if (offersRelay(protocols)) await relays.reserve(connection)
  }

  #dialInfrastructure({ peer, address }: Infrastructure, signal: AbortSignal): Promise<Connection> {
    return withDeadline(signal, CONNECT_TIMEOUT_MS, (dialSignal) =>
      dialPeer(this.#host, peer, [address], [], dialSignal),
    )
  }
}

/** A connection that died without our knowing fails here first: drop it, so that the peer is dialled anew. */
function rethrowUnlessStale(connection: Connection): (error: unknown) => boolean {
  return (error) => {
    if (isVersionMismatch(error)) throw error
    connection.abort(error instanceof Error ? error : new Error(String(error)))
    return false
  }
}

const isVersionMismatch = (error: unknown): boolean =>
  error instanceof Error && error.name === 'UnsupportedProtocolError'

function toPortError(peer: PeerId, error: unknown): PortError {
  const who = `Peer …${peer.toString().slice(-6)}`
  if (isVersionMismatch(error)) {
    return new PortError('UNREACHABLE', `${who} answers but does not speak ${LINK_PROTOCOL}.`, false, { cause: error })
  }
  return new PortError('UNREACHABLE', `${who} cannot be reached: ${String(error)}`, true, { cause: error })
}

/** Runs `task` once per tick however often it was asked for. */
function coalesce(task: () => void): () => void {
  let isScheduled = false
  return () => {
    if (isScheduled) return
    isScheduled = true
    setImmediate(() => {
      isScheduled = false
      task()
    })
  }
}
