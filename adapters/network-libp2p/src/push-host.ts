/** The libp2p node of a push node: circuit relay with quotas, DHT server. Spec: PUSH-1…PUSH-4. */
import { RELAY_V2_STOP_CODEC, circuitRelayServer } from '@libp2p/circuit-relay-v2'
import type { CircuitRelayServerInit, CircuitRelayService } from '@libp2p/circuit-relay-v2'
import type { Libp2p, PeerId } from '@libp2p/interface'
import {
  PUSH_CONNECTIONS_MAX,
  RELAY_RESERVATIONS_MAX,
  RELAY_RESERVATIONS_PER_IP_MAX,
  RELAY_CIRCUITS_PER_PEER_MAX,
  RELAY_CIRCUIT_BYTES_MAX,
  RELAY_CIRCUIT_LIFETIME_MS,
  RELAY_RESERVATION_LIFETIME_MS,
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
import { preferNewest } from './newest-first.ts'
import { parseProxies } from './proxy/proxied.ts'
import { serveDialBack } from './reach/dial-back.ts'
import type { DialBackFigures } from './reach/dial-back.ts'
import { RelayPlaces } from './relay-places.ts'
import type { RefusalReason, RelayPlaceLimits } from './relay-places.ts'
import { startPushStun } from './punch/push-stun.ts'
import type { StunSetting } from './punch/push-stun.ts'
import type { StunFigures } from './punch/stun-server.ts'

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
  /** By default RELAY_RESERVATIONS_MAX, RELAY_RESERVATIONS_PER_IP_MAX of them for one address. */
  readonly places?: RelayPlaceLimits
  /** IP addresses and CIDR ranges of proxies that say where a connection began; nobody else is believed. PUSH-10 */
  readonly proxyProtocolFrom?: readonly string[]
  /** At which UDP port STUN is answered. Default `same-port`. PUSH-11 */
  readonly stun?: StunSetting
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
  readonly connectionsMax: number
  readonly connectionsInbound: number
  readonly connectionsOutbound: number
  readonly peers: number
  readonly reservations: number
  readonly reservationsMax: number
  /** Requests for a place that were refused since the start. */
  readonly reservationsRefused: Readonly<Record<RefusalReason, number>>
  readonly circuits: number
  readonly dhtPeers: number
  /** Since the start. */
  readonly stun: StunFigures
  /** Answers to who asked whether they can be reached. */
  readonly dialBacks: DialBackFigures
}

type PushServices = HostServices & { readonly relay: CircuitRelayService }

/**
 * Creates and starts the node: it serves when this resolves.
 * @throws PortError `ADDRESS_IN_USE` naming the address in words; Error when an address is unusable.
 */
export async function createPushHost(options: PushHostOptions): Promise<PushHost> {
  const pushNodes = parsePushNodes(options.bootstrap)
  const { places = PLACES_DEFAULT, proxyProtocolFrom = [] } = options
  const proxies = proxyProtocolFrom.length === 0 ? undefined : parseProxies(proxyProtocolFrom)
  let denyReservation: (peer: PeerId) => boolean = () => true
  const config = await hostConfig({
    seed: options.seed,
    listen: options.listen,
    ...(options.announce === undefined ? {} : { announce: options.announce }),
    dhtMode: 'server',
    connectionsMax: connectionsMax(places),
    isPushNode: true,
    ...(proxies === undefined ? {} : { proxies }),
    gater: { denyInboundRelayReservation: (peer) => denyReservation(peer) },
  })
  const host: Libp2p<PushServices> = await startHost(
    { ...config, services: { ...config.services, relay: circuitRelayServer(relayLimits(places)) } },
    options.listen,
  )
  const relayPlaces = new RelayPlaces({
    reservations: host.services.relay.reservations,
    limits: places,
    log: options.log,
    nowMs: () => performance.now(),
  })
  denyReservation = (peer) => relayPlaces.isDenied(peer, host.getConnections(peer)[0]?.remoteAddr)
  host.addEventListener('peer:disconnect', ({ detail }) => relayPlaces.free(detail))
  const infrastructure = createInfrastructure(host, pushNodes, { isRelayClient: false, log: options.log })
  const service = options.mailbox && new MailboxService(options.mailbox, options.log)
  if (service !== undefined) await serveMailbox(host, service)
  const dialBacks = await serveDialBack(host, { mayAsk: () => true, nowMs: () => performance.now(), log: options.log })
  const gossip = createGossip(host, { pushNodes: infrastructure.peers, log: options.log })
  createWakes(gossip, () => undefined).listen(WAKES.all)
  createProfiles(gossip, { check: options.checkProfile, onProfile: () => undefined }).listen(PROFILES.all)
  const stun = await startPushStun(host, options.listen, { stun: options.stun ?? 'same-port', log: options.log }).catch(
    async (error: unknown) => {
      await host.stop()
      throw error
    },
  )
  preferNewest(host, options.log)
  infrastructure.start()
  let stopped: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    infrastructure.stop()
    dialBacks.stop()
    service?.stop()
    await stun.stop()
    await host.stop()
  }
  return {
    peerId: host.peerId.toString(),
    addresses: () => (stopped === undefined ? host.getMultiaddrs().map(String) : []),
    figures: () => ({
      ...figuresOf(host, relayPlaces, places),
      stun: stun.figures(),
      dialBacks: dialBacks.figures(),
    }),
    stop: () => (stopped ??= stop()),
  }
}

const PLACES_DEFAULT: RelayPlaceLimits = {
  reservationsMax: RELAY_RESERVATIONS_MAX,
  reservationsPerAddressMax: RELAY_RESERVATIONS_PER_IP_MAX,
}

/** Those who have a place, and as many who come to leave or to fetch something. */
const connectionsMax = ({ reservationsMax }: RelayPlaceLimits): number =>
  Math.max(PUSH_CONNECTIONS_MAX, 2 * reservationsMax)

const relayLimits = ({ reservationsMax }: RelayPlaceLimits): CircuitRelayServerInit => ({
  maxInboundHopStreams: RELAY_CIRCUITS_PER_PEER_MAX,
  maxOutboundStopStreams: RELAY_CIRCUITS_PER_PEER_MAX,
  reservations: {
    maxReservations: reservationsMax,
    reservationTtl: RELAY_RESERVATION_LIFETIME_MS,
    defaultDataLimit: BigInt(RELAY_CIRCUIT_BYTES_MAX),
    defaultDurationLimit: RELAY_CIRCUIT_LIFETIME_MS,
  },
})

function figuresOf(
  host: Libp2p<PushServices>,
  { refused }: RelayPlaces,
  places: RelayPlaceLimits,
): Omit<PushFigures, 'stun' | 'dialBacks'> {
  const connections = host.getConnections()
  const inbound = connections.filter(({ direction }) => direction === 'inbound').length
  const { relay } = host.services
  return {
    connectionsMax: connectionsMax(places),
    connectionsInbound: inbound,
    connectionsOutbound: connections.length - inbound,
    peers: host.getPeers().length,
    reservations: relay.reservations.size,
    reservationsMax: places.reservationsMax,
    reservationsRefused: refused,
    circuits: connections
      .flatMap(({ streams }) => streams)
      .filter(({ protocol, direction }) => protocol === RELAY_V2_STOP_CODEC && direction === 'outbound').length,
    dhtPeers: dhtTableSize(host),
  }
}
