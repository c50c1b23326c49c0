/** The libp2p node under a device, a push node or a measurement: one set of transports, one set of limits. */
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify, identifyPush } from '@libp2p/identify'
import type { Identify, IdentifyPush } from '@libp2p/identify'
import type { ConnectionGater, Libp2p, Stream } from '@libp2p/interface'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import type { KadDHT } from '@libp2p/kad-dht'
import { noise } from '@libp2p/noise'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { ping } from '@libp2p/ping'
import type { Ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import {
  DIAL_ADDRESS_TIMEOUT_MS,
  DIAL_ATTEMPT_DELAY_MS,
  DIAL_HEAD_START_MS,
  INBOUND_CONNECTIONS_PENDING_MAX,
  INBOUND_CONNECTIONS_PER_SECOND_MAX,
  LINK_WINDOW_BYTES_MAX,
  LIVENESS_INTERVAL_MS,
  LIVENESS_STREAMS_MAX,
  LIVENESS_TIMEOUT_MIN_MS,
} from '@parley/core'
import { createLibp2p } from 'libp2p'
import type { Libp2pOptions, ServiceFactoryMap } from 'libp2p'
import { addressDials } from './address-dials.ts'
import type { AddressDials } from './address-dials.ts'
import { selectIpns, validateIpns } from './dht/ipns-records.ts'
import { DHT_PROTOCOL } from './dht/protocol.ts'
import { RecordStore } from './dht/record-store.ts'
import { gossipService } from './gossip/gossip.ts'
import type { GossipService } from './gossip/gossip.ts'
import { toListenError } from './listen-error.ts'
import { behindProxies } from './proxy/proxied.ts'
import type { Proxies } from './proxy/proxied.ts'
import { upgrades } from './punch/upgrades.ts'
import type { Upgrades } from './punch/upgrades.ts'
import { listeners } from './reach/listeners.ts'
import type { Listeners } from './reach/listeners.ts'
import { tellable } from './reach/own-addresses.ts'
import type { FurtherAddresses } from './reach/own-addresses.ts'
import { privateKeyOf } from './private-key.ts'
import { relayReservations } from './relay-reservations.ts'
import type { RelayReservations } from './relay-reservations.ts'

export interface HostOptions {
  /** Ed25519 seed, 32 bytes, borrowed. Its public key is the peer id. */
  readonly seed: Uint8Array
  readonly listen: readonly string[]
  /** Told to others instead of the addresses that the node listens on. */
  readonly announce?: readonly string[]
  /** Servers hold the routing table and the pointers of others; clients ask. */
  readonly dhtMode: 'server' | 'client'
  readonly connectionsMax: number
  /** Passes wake-ups and public profiles on for others. */
  readonly isPushNode?: boolean
  readonly gater?: ConnectionGater
  /** Proxies in front of the listeners that say where a connection began. */
  readonly proxies?: Proxies
  /** Of a device: addresses besides those that it listens on. The caller changes it. */
  readonly further?: FurtherAddresses
}

// a type, not an interface: libp2p wants an index signature
export type HostServices = {
  readonly identify: Identify
  readonly ping: Ping
  readonly dht: KadDHT
  readonly relays: RelayReservations
  readonly dials: AddressDials
  readonly listeners: Listeners
  readonly identifyPush: IdentifyPush
  readonly gossip: GossipService
  readonly upgrades: Upgrades
}

export type Host = Libp2p<HostServices>
export type HostConfig = Libp2pOptions<HostServices> & { readonly services: ServiceFactoryMap<HostServices> }

/**
 * Creates and starts a node: it listens when this resolves.
 * @throws PortError `ADDRESS_IN_USE` naming the address; Error for an address that cannot be listened on at all.
 */
export async function createHost(options: HostOptions): Promise<Host> {
  return startHost(await hostConfig(options), options.listen)
}

/** What {@link createHost} starts, open to further services. */
export async function hostConfig(options: HostOptions): Promise<HostConfig> {
  const privateKey = privateKeyOf(options.seed)
  return {
    start: false,
    datastore: new RecordStore(),
    privateKey,
    // told to every peer: no more than all of us have in common
    nodeInfo: { name: 'parley', version: '1', userAgent: 'parley' },
    addresses: {
      listen: [...options.listen],
      announce: [...(options.announce ?? [])],
      ...(options.further === undefined
        ? {}
        : { announceFilter: tellable(options.further, peerIdFromPrivateKey(privateKey).toString()) }),
    },
    transports: [
      ...listeningTransports(options.proxies),
      circuitRelayTransport({ discoveryFilter: NO_RELAY_DISCOVERY }),
    ],
    connectionEncrypters: [noise()],
    streamMuxers: [
      yamux({
        streamOptions: {
          maxStreamWindowSize: LINK_WINDOW_BYTES_MAX,
          // a paused stream may still receive one whole window: never a reason to reset it
          maxReadBufferLength: 2 * LINK_WINDOW_BYTES_MAX,
        },
      }),
    ],
    // private and loopback addresses are ordinary here: a home network, a test, a second node on this machine
    connectionGater: { denyDialMultiaddr: () => false, ...options.gater },
    connectionManager: {
      maxConnections: options.connectionsMax,
      inboundConnectionThreshold: INBOUND_CONNECTIONS_PER_SECOND_MAX,
      maxIncomingPendingConnections: INBOUND_CONNECTIONS_PENDING_MAX,
      addressDialTimeout: DIAL_ADDRESS_TIMEOUT_MS,
      // the keeper redials; libp2p gives up after a few tries
      reconnectRetries: 0,
    },
    connectionMonitor: {
      pingInterval: LIVENESS_INTERVAL_MS,
      // long enough that a busy event loop is not mistaken for a dead peer
      pingTimeout: { minTimeout: LIVENESS_TIMEOUT_MIN_MS },
    },
    services: {
      identify: identify(),
      // the monitor and what has a reason to ask must not be in each other's way
      ping: ping({ maxInboundStreams: LIVENESS_STREAMS_MAX, maxOutboundStreams: LIVENESS_STREAMS_MAX }),
      // push nodes answer with the addresses that we have now
      identifyPush: identifyPush(),
      relays: relayReservations(),
      listeners: listeners(),
      dials: addressDials({
        addressTimeoutMs: DIAL_ADDRESS_TIMEOUT_MS,
        attemptDelayMs: DIAL_ATTEMPT_DELAY_MS,
        headStartMs: DIAL_HEAD_START_MS,
      }),
      upgrades: upgrades(),
      gossip: gossipService(options.isPushNode === true ? 'push node' : 'device'),
      dht: kadDHT({
        protocol: DHT_PROTOCOL,
        clientMode: options.dhtMode === 'client',
        peerInfoMapper: passthroughMapper,
        // names of others, as every IPFS node understands them
        validators: { ipns: validateIpns },
        selectors: { ipns: selectIpns },
        // queries wait for the first one: run it as soon as there is a peer to ask
        initialQuerySelfInterval: 0,
      }),
    },
  }
}

const listeningTransports = (proxies: Proxies | undefined) =>
  proxies === undefined ? [tcp(), webSockets()] : [behindProxies(tcp(), proxies), behindProxies(webSockets(), proxies)]

/** @throws PortError `ADDRESS_IN_USE`, see {@link createHost}. */
export async function startHost<Services extends Record<string, unknown>>(
  config: Libp2pOptions<Services>,
  listen: readonly string[],
): Promise<Libp2p<Services>> {
  const host = await createLibp2p(config)
  try {
    await host.start()
  } catch (error) {
    throw toListenError(error, listen)
  }
  return host
}

/**
 * libp2p's own search for relays walks the DHT without a pause for as long as it finds fewer than it wants. Relays are
 * the configured push nodes and nothing else, so every discovered peer counts as known already.
 */
export const NO_RELAY_DISCOVERY = { has: () => true, add: () => undefined, remove: () => undefined }

/** A stream of `protocol` to the node at `address`, which ends in `/p2p/ID`. */
export async function openStream(host: Host, address: string, protocol: string): Promise<Stream> {
  return host.dialProtocol(multiaddr(address), protocol)
}
