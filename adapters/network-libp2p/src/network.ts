/** NetworkPort over libp2p. */
import type { Connection, Libp2p, PeerId, Stream } from '@libp2p/interface'
import {
  CONNECTIONS_MAX,
  CONNECT_TIMEOUT_MS,
  LINK_OPEN_TIMEOUT_MS,
  TOR_CONNECT_TIMEOUT_MS,
  TOR_STREAM_TIMEOUT_MS,
  assert,
  widestScope,
} from '@parley/core'
import { PortError } from '@parley/engine'
import type { LogPort, MailboxServer, NetworkHandlers, NetworkPort, NetworkStatus } from '@parley/engine'
import { parsePeerId } from './addresses.ts'
import { after, waitUnlessAborted, withDeadline } from './deadline.ts'
import { dialPeer, openConnection } from './dialer.ts'
import { createGossip } from './gossip/gossip.ts'
import { Libp2pProfiles } from './gossip/profiles.ts'
import { createHost } from './host.ts'
import type { Host } from './host.ts'
import { createInfrastructure, parsePushNodes } from './infrastructure.ts'
import type { Infrastructure, PushNode } from './infrastructure.ts'
import { LinkTable } from './link-table.ts'
import { Libp2pMailbox } from './mailbox/mailbox.ts'
import { startDirectPaths } from './punch/direct-paths.ts'
import type { DirectPaths, PunchOptions } from './punch/direct-paths.ts'
import type { FurtherAddresses } from './reach/own-addresses.ts'
import { ChosenReach, FixedReach } from './reach/reach.ts'
import type { ReachOptions } from './reach/reach.ts'
import { isVersionMismatch } from './protocol-mismatch.ts'
import { Recovery } from './recovery.ts'
import type { OnionService } from './tor/onion-service.ts'
import { createTorHost } from './tor/tor-host.ts'
import type { TorOptions } from './tor/tor-host.ts'

export const LINK_PROTOCOL = '/parley/link/1.0.0'
/** Inbound streams of one connection that may wait for their first frame or still flush. */
const LINK_STREAMS_PER_CONNECTION_MAX = 8

export interface Libp2pNetworkOptions {
  /** Ed25519 seed of the device, 32 bytes, copied. Its public key is the peer id. */
  readonly deviceSeed: Uint8Array
  /**
   * Multiaddrs, for example `/ip4/0.0.0.0/tcp/4001` and `/ip4/127.0.0.1/tcp/0/ws`. Empty: nobody can dial us directly.
   * Without effect when there is a `reach`.
   */
  readonly listen: readonly string[]
  /** Where to listen as far as the person wants, also later. Absent: `listen`, for good. Spec: NET-11. */
  readonly reach?: ReachOptions
  /** Push nodes besides `bootstrap`, the addresses of one each; changed by {@link ReachPort.usePushNodes}. */
  readonly pushNodes?: readonly (readonly string[])[]
  /** Push nodes, each with `/p2p/` at the end; kept connected. At most INFRASTRUCTURE_PEERS_MAX. */
  readonly bootstrap: readonly string[]
  /** Told to others instead of what we listen on. */
  readonly announce?: readonly string[]
  /** Whether to ask the push nodes for a reservation, so that we can be reached through them. Default true. */
  readonly isRelayClient?: boolean
  /** Through Tor and through nothing else; `listen` and `announce` have no effect then. Spec: TOR-1. */
  readonly tor?: TorOptions
  /** Whether direct paths are looked for between routers, with the push nodes asked how ours translates. Default false; never through Tor. NET-20 */
  readonly punch?: PunchOptions
  /** What we do with mailbox requests, when others may ask us. */
  readonly mailbox?: MailboxServer
  readonly log: LogPort
}

/**
 * Creates the network of one device. It listens when this resolves and takes links after `start`.
 *
 * @throws PortError `ADDRESS_IN_USE` naming the address in words, `UNREACHABLE` when Tor is wanted and not there; Error
 * when a listen or bootstrap address is unusable.
 */
export async function createLibp2pNetwork(options: Libp2pNetworkOptions): Promise<Libp2pNetworkPort> {
  const pushNodes = parsePushNodes(options.bootstrap)
  const { tor, deviceSeed: seed, bootstrap, log } = options
  if (tor !== undefined) {
    const { host, onion } = await createTorHost({ tor, seed, bootstrap, log })
    return new Libp2pNetwork({ host, further: new Set(), onion }, pushNodes, options)
  }
  const further: FurtherAddresses = new Set()
  const host = await createHost({
    seed,
    further,
    listen: options.reach === undefined ? options.listen : [],
    ...(options.announce === undefined ? {} : { announce: options.announce }),
    dhtMode: 'client',
    connectionsMax: CONNECTIONS_MAX,
  })
  const network = new Libp2pNetwork({ host, further, onion: undefined }, pushNodes, options)
  try {
    await network.listen()
  } catch (error) {
    await network.stop()
    throw error
  }
  return network
}

interface Base {
  readonly host: Host
  readonly further: FurtherAddresses
  readonly onion: OnionService | undefined
}

/** The port, and the node under it for protocols that are not ours: IPFS over the same connections. */
export interface Libp2pNetworkPort extends NetworkPort {
  /** Started; stops with the port. */
  readonly libp2p: Libp2p
}

const TOR_MAILBOX_TIMEOUTS = {
  connectMs: TOR_CONNECT_TIMEOUT_MS,
  openMs: TOR_STREAM_TIMEOUT_MS,
  answerMs: TOR_STREAM_TIMEOUT_MS,
}

/** One dial, shared by everybody who waits for the same peer. */
interface Attempt {
  readonly result: Promise<void>
  readonly controller: AbortController
  waiting: number
}

class Libp2pNetwork implements Libp2pNetworkPort {
  readonly peerId: string
  readonly mailbox: Libp2pMailbox
  readonly profiles: Libp2pProfiles
  readonly reach: FixedReach
  readonly #host: Host
  readonly #infrastructure: Infrastructure
  readonly #onion: OnionService | undefined
  readonly #connectTimeoutMs: number
  readonly #log: LogPort
  readonly #attempts = new Map<string, Attempt>()
  readonly #stopping = new AbortController()
  readonly #punch: PunchOptions | undefined
  #links: LinkTable | undefined
  #direct: DirectPaths | undefined
  #recovery: Recovery | undefined
  #onStatus: () => void = () => undefined
  #stopped: Promise<void> | undefined

  constructor(
    { host, further, onion }: Base,
    pushNodes: readonly PushNode[],
    { isRelayClient = true, mailbox, punch, log, reach, pushNodes: added = [] }: Libp2pNetworkOptions,
  ) {
    this.peerId = host.peerId.toString()
    this.#host = host
    this.#onion = onion
    this.#connectTimeoutMs = onion === undefined ? CONNECT_TIMEOUT_MS : TOR_CONNECT_TIMEOUT_MS
    const connectTimeoutMs = this.#connectTimeoutMs
    this.#infrastructure = createInfrastructure(host, pushNodes, {
      isRelayClient,
      connectTimeoutMs,
      log,
      onChange: () => this.#onStatus(),
      onPeers: (peers) => {
        gossip.setPushNodes(peers)
        this.mailbox.lookAround()
      },
    })
    this.#punch = onion === undefined ? punch : undefined
    this.#log = log
    const gossip = createGossip(host, { pushNodes: this.#infrastructure.peers, log })
    const parts = { host, further, infrastructure: this.#infrastructure, log, onChange: () => this.#onStatus() }
    this.reach =
      reach === undefined
        ? new FixedReach(parts, () => (onion === undefined ? this.#ownReach() : 'anyone'), onion === undefined)
        : new ChosenReach(parts, reach)
    this.profiles = new Libp2pProfiles(gossip)
    this.mailbox = new Libp2pMailbox(host, {
      infrastructure: this.#infrastructure,
      gossip,
      server: mailbox,
      ...(onion === undefined ? {} : { timeouts: TOR_MAILBOX_TIMEOUTS }),
      log,
    })
    this.reach.usePushNodes(added)
  }

  /** Before the start. @throws PortError `ADDRESS_IN_USE`. */
  listen(): Promise<void> {
    return this.reach.listen()
  }

  async start(handlers: NetworkHandlers): Promise<void> {
    assert(this.#links === undefined && this.#stopped === undefined, 'a network starts once')
    const host = this.#host
    const links = new LinkTable({
      ownPeerId: this.peerId,
      log: this.#log,
      after,
      onLink: (link) => handlers.onLink(link),
      onMoved: (link) => {
        this.#direct?.moved(link)
        onStatus()
      },
    })
    this.#links = links
    const onStatus = coalesce(() => {
      if (this.#stopped !== undefined) return
      this.#direct?.refresh()
      handlers.onStatus()
    })
    this.#direct = await startDirectPaths({
      host,
      links,
      linkProtocol: LINK_PROTOCOL,
      punch: this.#punch,
      pushNodes: () => this.#infrastructure.peers,
      onChange: onStatus,
      log: this.#log,
    })
    this.#onStatus = onStatus
    host.addEventListener('self:peer:update', onStatus)
    host.addEventListener('peer:connect', onStatus)
    host.addEventListener('peer:disconnect', onStatus)
    host.services.relays.onChange = onStatus
    if (this.#onion !== undefined) this.#onion.onChange = onStatus
    await host.handle(LINK_PROTOCOL, (stream, connection) => links.accept(stream, connection), {
      maxInboundStreams: LINK_STREAMS_PER_CONNECTION_MAX,
      maxOutboundStreams: LINK_STREAMS_PER_CONNECTION_MAX,
      runOnLimitedConnection: true,
    })
    this.profiles.start(handlers)
    await this.mailbox.start(handlers)
    // Over Tor the machine's own addresses say nothing, and every answer takes its time.
    if (this.#onion === undefined) {
      this.#recovery = new Recovery(host, {
        infrastructure: this.#infrastructure,
        onNetworkChanged: () => {
          this.#direct?.networkChanged()
          this.reach.networkChanged()
          handlers.onNetworkChanged()
          onStatus()
        },
        log: this.#log,
      })
      this.#recovery.start()
    }
    await this.reach.start(handlers)
    this.#infrastructure.start()
  }

  check(peerId: string): void {
    const peer = parsePeerId(peerId)
    if (peer !== undefined) this.#recovery?.check(peer)
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

  permitDirect(peerId: string): void {
    this.#direct?.permit(peerId)
  }

  get libp2p(): Libp2p {
    return this.#host
  }

  addresses(): readonly string[] {
    return this.#stopped === undefined ? this.#host.getMultiaddrs().map(String) : []
  }

  status(): NetworkStatus {
    const addresses = this.addresses()
    const isStopped = this.#stopped !== undefined
    const onion = this.#onion
    const relayReasons = this.#direct?.reasons()
    const isListening = onion === undefined ? addresses.length > 0 : onion.isReachable || addresses.length > 1
    return {
      transport: onion === undefined ? 'direct' : 'tor',
      ...this.reach.status,
      isListening: isListening && !isStopped,
      addresses,
      infrastructure: this.#infrastructure.status(),
      connections: isStopped ? 0 : this.#host.getPeers().length,
      ...(relayReasons === undefined ? {} : { relayReasons }),
    }
  }

  /** Of given listen addresses: what they come to. */
  #ownReach(): 'computer' | 'network' {
    const direct = this.addresses().filter((address) => !address.includes('/p2p-circuit'))
    return widestScope(direct) === 'computer' ? 'computer' : 'network'
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    this.#stopping.abort(new PortError('UNREACHABLE', 'The network has stopped.', false))
    this.#recovery?.stop()
    this.#infrastructure.stop()
    await this.reach.stop()
    this.mailbox.stop()
    this.profiles.stop()
    this.#direct?.stop()
    await this.#links?.stop()
    await this.#onion?.stop()
    await this.#host.stop()
  }

  #attempt(links: LinkTable, peer: PeerId, addresses: readonly string[]): Attempt {
    const peerId = peer.toString()
    const controller = new AbortController()
    const stopAttempt = (): void => controller.abort(this.#stopping.signal.reason)
    this.#stopping.signal.addEventListener('abort', stopAttempt)
    const arrival = Promise.withResolvers<void>()
    const stopWaiting = links.onArrival(peerId, arrival.resolve)
    const work = withDeadline(controller.signal, this.#connectTimeoutMs, (signal) =>
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
      const connection = await dialPeer(this.#host, peer, { addresses, relays: this.#infrastructure.peers }, signal)
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
}

/** A connection that died without our knowing fails here first: drop it, so that the peer is dialled anew. */
function rethrowUnlessStale(connection: Connection): (error: unknown) => boolean {
  return (error) => {
    if (isVersionMismatch(error)) throw error
    connection.abort(error instanceof Error ? error : new Error(String(error)))
    return false
  }
}

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
