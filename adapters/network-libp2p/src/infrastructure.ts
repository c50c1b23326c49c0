/** The configured push nodes: kept connected, and used as relays. Spec: NET-5, NET-6. */
import { randomInt } from 'node:crypto'
import type { Connection, PeerId } from '@libp2p/interface'
import {
  CONNECT_TIMEOUT_MS,
  INFRASTRUCTURE_PEERS_MAX,
  LINK_OPEN_TIMEOUT_MS,
  PUSH_NODE_KEEP_ALIVE_MS,
  assert,
} from '@parley/core'
import type { LogPort, NetworkStatus } from '@parley/engine'
import { addressPeer, parseAddress, parsePeerId } from './addresses.ts'
import { after, waitUnlessAborted, withDeadline } from './deadline.ts'
import { dialPeer, openConnection } from './dialer.ts'
import type { Host } from './host.ts'
import { createKeeper } from './keeper.ts'
import { offersRelay } from './relay-reservations.ts'

const RANDOM_STEPS = 2 ** 32

export interface PushNode {
  readonly peer: PeerId
  readonly address: string
}

/** @throws Error when there are more than INFRASTRUCTURE_PEERS_MAX or one does not end in `/p2p/ID`. */
export function parsePushNodes(bootstrap: readonly string[]): readonly PushNode[] {
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

export interface Infrastructure {
  readonly peers: readonly PeerId[]
  start(): void
  status(): NetworkStatus['infrastructure']
  /** Tries at once what waits for a later try: the network is another one. */
  hurry(): void
  stop(): void
}

export interface InfrastructureOptions {
  readonly isRelayClient: boolean
  /** Default CONNECT_TIMEOUT_MS. */
  readonly connectTimeoutMs?: number
  readonly log: LogPort
}

/** Keeps `pushNodes` connected from `start` on, with a reservation at each that relays when `isRelayClient`. */
export function createInfrastructure(
  host: Host,
  pushNodes: readonly PushNode[],
  { isRelayClient, connectTimeoutMs = CONNECT_TIMEOUT_MS, log }: InfrastructureOptions,
): Infrastructure {
  const { relays } = host.services
  const identified = watchIdentify(host)

  const dial = ({ peer, address }: PushNode, signal: AbortSignal): Promise<Connection> =>
    withDeadline(signal, connectTimeoutMs, (dialSignal) =>
      dialPeer(host, peer, { addresses: [address], relays: [], keepAliveMs: PUSH_NODE_KEEP_ALIVE_MS }, dialSignal),
    )

  const ensure = async (peerId: string, signal: AbortSignal): Promise<void> => {
    const pushNode = pushNodes.find(({ peer }) => peer.toString() === peerId)
    assert(pushNode !== undefined, 'only what is configured is kept')
    const connection = openConnection(host, pushNode.peer) ?? (await dial(pushNode, signal))
    if (!isRelayClient || !connection.direct || relays.has(pushNode.peer)) return
    const protocols = await withDeadline(signal, LINK_OPEN_TIMEOUT_MS, (identifySignal) =>
      identified(connection, identifySignal),
    )
    if (offersRelay(protocols)) await relays.reserve(connection)
  }

  const keeper = createKeeper({
    peers: pushNodes.map(({ peer }) => peer.toString()),
    ensure,
    after,
    random: () => randomInt(RANDOM_STEPS) / RANDOM_STEPS,
    log,
  })
  host.addEventListener('peer:disconnect', ({ detail: peer }) => keeper.lost(peer.toString()))
  relays.onLost = (relay) => keeper.lost(relay.toString())
  return {
    peers: pushNodes.map(({ peer }) => peer),
    start: () => keeper.start(),
    hurry: () => keeper.hurry(),
    stop: () => keeper.stop(),
    status: () =>
      pushNodes.map(({ peer, address }) => ({
        address,
        peerId: peer.toString(),
        isConnected: openConnection(host, peer) !== undefined,
        relay: relays.has(peer) ? 'reserved' : 'none',
      })),
  }
}

/** Tells what the peer at the other end of a connection offers, as soon as libp2p has asked it. */
function watchIdentify(host: Host): (connection: Connection, signal: AbortSignal) => Promise<readonly string[]> {
  const protocolsByConnection = new WeakMap<Connection, PromiseWithResolvers<readonly string[]>>()
  const entry = (connection: Connection): PromiseWithResolvers<readonly string[]> => {
    const known = protocolsByConnection.get(connection)
    if (known !== undefined) return known
    const fresh = Promise.withResolvers<readonly string[]>()
    protocolsByConnection.set(connection, fresh)
    return fresh
  }
  host.addEventListener('peer:identify', ({ detail: { connection, protocols } }) => {
    entry(connection).resolve(protocols)
  })
  return (connection, signal) => waitUnlessAborted(entry(connection).promise, signal)
}
