/** The libp2p node of a push node: circuit relay with quotas, DHT server. Spec: PUSH-1…PUSH-4. */
import { RELAY_V2_STOP_CODEC, circuitRelayServer } from '@libp2p/circuit-relay-v2'
import type { CircuitRelayService } from '@libp2p/circuit-relay-v2'
import type { Libp2p, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import {
  PUSH_CONNECTIONS_MAX,
  RELAY_CIRCUITS_PER_PEER_MAX,
  RELAY_CIRCUIT_BYTES_MAX,
  RELAY_CIRCUIT_LIFETIME_MS,
  RELAY_RESERVATIONS_MAX,
  RELAY_RESERVATIONS_PER_IP_MAX,
  RELAY_RESERVATION_LIFETIME_MS,
  toHex,
} from '@parley/core'
import type { LogPort, MailboxServer } from '@parley/engine'
import { dhtTableSize } from './dht/table.ts'
import { createGossip } from './gossip/gossip.ts'
import { createProfiles } from './gossip/profiles.ts'
import { PROFILES, WAKES } from './gossip/topics.ts'
import { createWakes } from './gossip/wakes.ts'
import { hostConfig, startHost } from './host.ts'
import type { HostServices } from './host.ts'
import { createInfrastructure, parsePushNodes } from './infrastructure.ts'
import { serveMailbox } from './mailbox/mailbox.ts'
import { MailboxService } from './mailbox/server.ts'

export interface PushHostOptions {
  /** Ed25519 seed, 32 bytes, borrowed. Its public key is the peer id. */
  readonly seed: Uint8Array
  readonly listen: readonly string[]
  readonly announce?: readonly string[]
  /** Other push nodes, each with `/p2p/` at the end; kept connected, so that their DHT is one. */
  readonly bootstrap: readonly string[]
  /** What it does with mailbox requests. Absent: it holds nothing for others. */
  readonly mailbox?: MailboxServer
  /**
   * Whether a profile that was pushed on `topic` may be passed on: it belongs there, its signature holds and it is public. The record is the callee's; a
   * rejection counts as no. Absent: everything that has the size of a record.
   */
  readonly checkProfile?: (topic: number, record: Uint8Array) => Promise<boolean>
  readonly log: LogPort
}

export interface PushHost {
  readonly peerId: string
  addresses(): readonly string[]
  figures(): PushFigures
  /** Ends every connection and listener. Idempotent. */
  stop(): Promise<void>
}

/** What the node does right now. Counts only: nothing in here names a peer. */
export interface PushFigures {
  readonly connectionsInbound: number
  readonly connectionsOutbound: number
  readonly peers: number
  readonly reservations: number
  readonly circuits: number
  readonly dhtPeers: number
}

type PushServices = HostServices & { readonly relay: CircuitRelayService }

/**
 * Creates and starts the node: it serves when this resolves.
 * @throws PortError `ADDRESS_IN_USE` naming the address in words; Error when an address is unusable.
 */
export async function createPushHost(options: PushHostOptions): Promise<PushHost> {
  const pushNodes = parsePushNodes(options.bootstrap)
  let denyReservation: (peer: PeerId) => boolean = () => true
  const config = await hostConfig({
    seed: options.seed,
    listen: options.listen,
    ...(options.announce === undefined ? {} : { announce: options.announce }),
    dhtMode: 'server',
    connectionsMax: PUSH_CONNECTIONS_MAX,
    isPushNode: true,
    gater: { denyInboundRelayReservation: (peer) => denyReservation(peer) },
  })
  const host: Libp2p<PushServices> = await startHost(
    { ...config, services: { ...config.services, relay: circuitRelayServer(RELAY_LIMITS) } },
    options.listen,
  )
  denyReservation = (peer) => isOverQuota(host, peer)
  const infrastructure = createInfrastructure(host, pushNodes, { isRelayClient: false, log: options.log })
  const service = options.mailbox && new MailboxService(options.mailbox, options.log)
  if (service !== undefined) await serveMailbox(host, service)
  const gossip = createGossip(host, { pushNodes: infrastructure.peers, log: options.log })
  createWakes(gossip, () => undefined).listen(WAKES.all)
  createProfiles(gossip, { check: options.checkProfile, onProfile: () => undefined }).listen(PROFILES.all)
  infrastructure.start()
  let stopped: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    infrastructure.stop()
    service?.stop()
    await host.stop()
  }
  return {
    peerId: host.peerId.toString(),
    addresses: () => (stopped === undefined ? host.getMultiaddrs().map(String) : []),
    figures: () => figuresOf(host),
    stop: () => (stopped ??= stop()),
  }
}

const RELAY_LIMITS = {
  maxInboundHopStreams: RELAY_CIRCUITS_PER_PEER_MAX,
  maxOutboundStopStreams: RELAY_CIRCUITS_PER_PEER_MAX,
  reservations: {
    maxReservations: RELAY_RESERVATIONS_MAX,
    reservationTtl: RELAY_RESERVATION_LIFETIME_MS,
    defaultDataLimit: BigInt(RELAY_CIRCUIT_BYTES_MAX),
    defaultDurationLimit: RELAY_CIRCUIT_LIFETIME_MS,
  },
}

/** One place in the network may hold RELAY_RESERVATIONS_PER_IP_MAX reservations, however many peer ids it makes up. */
function isOverQuota(host: Libp2p<PushServices>, peer: PeerId): boolean {
  const address = host.getConnections(peer)[0]?.remoteAddr
  if (address === undefined) return true
  const place = placeOf(address)
  let others = 0
  for (const [holder, reservation] of host.services.relay.reservations.entries()) {
    if (!holder.equals(peer) && placeOf(reservation.addr) === place) others += 1
  }
  return others >= RELAY_RESERVATIONS_PER_IP_MAX
}

const IP6_CODE = 0x29

/** An IPv4 address, or the /64 of an IPv6 address: what one customer of a provider has. */
export function placeOf(address: Multiaddr): string {
  const { bytes } = address
  return toHex(bytes.subarray(0, bytes[0] === IP6_CODE ? 1 + 8 : 1 + 4))
}

function figuresOf(host: Libp2p<PushServices>): PushFigures {
  const connections = host.getConnections()
  const inbound = connections.filter(({ direction }) => direction === 'inbound').length
  const { relay } = host.services
  return {
    connectionsInbound: inbound,
    connectionsOutbound: connections.length - inbound,
    peers: host.getPeers().length,
    reservations: relay.reservations.size,
    circuits: connections
      .flatMap(({ streams }) => streams)
      .filter(({ protocol, direction }) => protocol === RELAY_V2_STOP_CODEC && direction === 'outbound').length,
    dhtPeers: dhtTableSize(host),
  }
}
