/** The libp2p node of a device behind Tor. Spec: TOR-1…TOR-6. */
import { randomBytes } from 'node:crypto'
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import type { Address } from '@libp2p/interface'
import { ping } from '@libp2p/ping'
import { CODE_ONION3, CODE_P2P_CIRCUIT } from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'
import {
  CONNECTIONS_MAX,
  TOR_CONNECT_TIMEOUT_MS,
  TOR_DIAL_ADDRESS_TIMEOUT_MS,
  TOR_DIAL_ATTEMPT_DELAY_MS,
  TOR_DIAL_HEAD_START_MS,
  TOR_LIVENESS_TIMEOUT_MIN_MS,
  TOR_STREAM_TIMEOUT_MS,
  TOR_UPGRADE_TIMEOUT_MS,
  assert,
} from '@parley/core'
import { PortError } from '@parley/engine'
import type { LogPort } from '@parley/engine'
import { addressDials } from '../address-dials.ts'
import { parseAddress } from '../addresses.ts'
import { NO_RELAY_DISCOVERY, hostConfig, startHost } from '../host.ts'
import type { Host, HostConfig } from '../host.ts'
import { ControlPort } from './control-port.ts'
import { parseEndpoint } from './endpoint.ts'
import type { Endpoint } from './endpoint.ts'
import { deriveOnionKey } from './onion-key.ts'
import { OnionService, onionAddress } from './onion-service.ts'
import { probeProxy } from './socks-socket.ts'
import { TOR_LISTEN_ADDRESS, socksTransport } from './socks-transport.ts'
import { socksTarget } from './target.ts'

export interface TorOptions {
  /** Tor's SOCKS port on this machine, for example `127.0.0.1:9050`. */
  readonly socks: string
  /** Tor's control port on this machine, for example `127.0.0.1:9051`. */
  readonly control: string
  /** Where the control port wants one; otherwise Tor's cookie is used. */
  readonly controlPassword?: string
}

export interface TorHost {
  readonly host: Host
  readonly onion: OnionService
}

export interface TorHostOptions {
  readonly tor: TorOptions
  /** Ed25519 seed of the device, 32 bytes, borrowed. */
  readonly seed: Uint8Array
  /** Push nodes; each has to be reachable through Tor. */
  readonly bootstrap: readonly string[]
  readonly log: LogPort
}

/**
 * Asks both ports of Tor whether they are there and let us in.
 * @throws PortError `UNREACHABLE` in words when not, or when a place is not on this machine.
 */
export async function assertTor({ socks, control, controlPassword }: TorOptions): Promise<void> {
  await probeProxy(usableEndpoint(socks), new AbortController().signal)
  const port = await ControlPort.open(usableEndpoint(control), controlPassword)
  port.close()
}

/**
 * Creates and starts a node that dials through Tor alone and is found at its onion address alone.
 *
 * @throws PortError `UNREACHABLE` in words when Tor is not there or refuses us, or a push node or an endpoint cannot be
 * used. Nothing is left open then.
 */
export async function createTorHost({ tor, seed, bootstrap, log }: TorHostOptions): Promise<TorHost> {
  const proxy = usableEndpoint(tor.socks)
  const control = usableEndpoint(tor.control)
  for (const address of bootstrap) assertReachable(address)
  // Before anything is started: what is missing, in words.
  await assertTor(tor)
  const key = await deriveOnionKey(seed)
  let targetPort = 0
  const onListening = (port: number): void => void (targetPort = port)
  const config = await torConfig({ seed, proxy, address: onionAddress(key), onListening })
  const host = await startHost(config, [TOR_LISTEN_ADDRESS])
  try {
    assert(targetPort > 0, 'a started host listens')
    const onion = await OnionService.publish({ control, password: tor.controlPassword, key, targetPort, log })
    return { host, onion }
  } catch (error) {
    await host.stop()
    throw error
  }
}

export interface TorConfigOptions {
  readonly seed: Uint8Array
  readonly proxy: Endpoint
  /** Of our onion service. */
  readonly address: string
  readonly onListening: (port: number) => void
}

/** What {@link createTorHost} starts. */
export async function torConfig({ seed, proxy, address, onListening }: TorConfigOptions): Promise<HostConfig> {
  const base = await hostConfig({
    seed,
    listen: [TOR_LISTEN_ADDRESS],
    dhtMode: 'client',
    connectionsMax: CONNECTIONS_MAX,
  })
  return {
    ...base,
    addresses: { listen: [TOR_LISTEN_ADDRESS], appendAnnounce: [address], announceFilter: anonymous },
    transports: [
      socksTransport({ proxy, salt: randomBytes(32), onListening }),
      // Its connections to relays are ours, so they go through the proxy too.
      circuitRelayTransport({
        discoveryFilter: NO_RELAY_DISCOVERY,
        reservationCompletionTimeout: TOR_STREAM_TIMEOUT_MS,
      }),
    ],
    dns: { query: () => Promise.reject(new Error('names are resolved by Tor, not here')) },
    connectionManager: {
      ...base.connectionManager,
      resolvers: {},
      addressSorter: onionsFirst,
      addressDialTimeout: TOR_DIAL_ADDRESS_TIMEOUT_MS,
      dialTimeout: TOR_CONNECT_TIMEOUT_MS,
      inboundUpgradeTimeout: TOR_UPGRADE_TIMEOUT_MS,
      inboundStreamProtocolNegotiationTimeout: TOR_STREAM_TIMEOUT_MS,
      outboundStreamProtocolNegotiationTimeout: TOR_STREAM_TIMEOUT_MS,
    },
    connectionMonitor: { ...base.connectionMonitor, pingTimeout: { minTimeout: TOR_LIVENESS_TIMEOUT_MIN_MS } },
    services: {
      ...base.services,
      identify: identify({ timeout: TOR_STREAM_TIMEOUT_MS }),
      dials: addressDials({
        addressTimeoutMs: TOR_DIAL_ADDRESS_TIMEOUT_MS,
        attemptDelayMs: TOR_DIAL_ATTEMPT_DELAY_MS,
        headStartMs: TOR_DIAL_HEAD_START_MS,
      }),
      ping: ping({ timeout: TOR_LIVENESS_TIMEOUT_MIN_MS }),
    },
  }
}

/** Of all our addresses only these are told to anybody: the onion service, and places at push nodes. */
const anonymous = (addresses: Multiaddr[]): Multiaddr[] =>
  addresses.filter((address) => isOnion(address) || hasCircuit(address))

const isOnion = (address: Multiaddr): boolean => address.getComponents()[0]?.code === CODE_ONION3
const hasCircuit = (address: Multiaddr): boolean =>
  address.getComponents().some(({ code }) => code === CODE_P2P_CIRCUIT)

const rank = ({ multiaddr }: Address): number => (hasCircuit(multiaddr) ? 2 : isOnion(multiaddr) ? 0 : 1)

/** An onion service needs no exit, and what others call their address may be one of their own network. */
const onionsFirst = (a: Address, b: Address): -1 | 0 | 1 => (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0)

/** @throws PortError `UNREACHABLE` for a place that is not on this machine. */
export function usableEndpoint(text: string): Endpoint {
  const endpoint = parseEndpoint(text)
  if (endpoint === undefined)
    throw new PortError('UNREACHABLE', `Tor has to be on this machine: ${text} is not like 127.0.0.1:9050.`, false)
  return endpoint
}

function assertReachable(address: string): void {
  const parsed = parseAddress(address)
  if (parsed !== undefined && socksTarget(parsed) !== undefined) return
  throw new PortError(
    'UNREACHABLE',
    `The push node ${address} cannot be reached through Tor: only /onion3 and plain TCP addresses can.`,
    false,
  )
}
