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
  /** Of the peer: the best first, at least one. */
  readonly addresses: readonly string[]
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
    return { peer, addresses: [address] }
  })
}

/** The push node of these addresses of one peer; `undefined` when one of them leads elsewhere or nowhere. */
export function pushNodeOf(addresses: readonly string[]): PushNode | undefined {
  const [first] = addresses
  const ids = new Set(addresses.map((address) => parseAddress(address)).map((parsed) => parsed && addressPeer(parsed)))
  const peer = ids.size === 1 && first !== undefined ? parsePeerId([...ids][0] ?? '') : undefined
  return peer === undefined ? undefined : { peer, addresses: [...addresses] }
}

export interface Infrastructure {
  /** What the peer at the other end says it offers, as soon as it said so. */
  identified(connection: Connection, signal: AbortSignal): Promise<readonly string[]>
  /** Those that are kept now. */
  readonly peers: readonly PeerId[]
  /** Keeps these besides the ones of the configuration, and none of those that were added before and are not among them. */
  use(added: readonly PushNode[]): void
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
  /** What {@link Infrastructure.status} says about relaying changed. */
  readonly onChange?: () => void
  /** From now on these are kept; called before they are connected, and after one was let go. */
  readonly onPeers?: (peers: readonly PeerId[]) => void
}

/** Keeps `pushNodes` connected from `start` on, with a reservation at each that relays when `isRelayClient`. */
export function createInfrastructure(
  host: Host,
  configured: readonly PushNode[],
  {
    isRelayClient,
    connectTimeoutMs = CONNECT_TIMEOUT_MS,
    log,
    onChange = () => undefined,
    onPeers = () => undefined,
  }: InfrastructureOptions,
): Infrastructure {
  const { relays } = host.services
  let pushNodes = byPeer(configured)
  const refusalsByPeer = new Map<string, string>()
  const refuse = (peerId: string, refusal: string | undefined): void => {
    if (refusalsByPeer.get(peerId) === refusal) return
    if (refusal === undefined) refusalsByPeer.delete(peerId)
    else refusalsByPeer.set(peerId, refusal)
    onChange()
  }
  const identified = watchIdentify(host)

  const dial = ({ peer, addresses }: PushNode, signal: AbortSignal): Promise<Connection> =>
    withDeadline(signal, connectTimeoutMs, (dialSignal) =>
      dialPeer(host, peer, { addresses, relays: [], keepAliveMs: PUSH_NODE_KEEP_ALIVE_MS }, dialSignal),
    )

  const ensure = async (peerId: string, signal: AbortSignal): Promise<void> => {
    const pushNode = pushNodes.get(peerId)
    assert(pushNode !== undefined, 'only what is used is kept')
    const connection = openConnection(host, pushNode.peer) ?? (await dial(pushNode, signal))
    if (!isRelayClient || !connection.direct || relays.has(pushNode.peer)) return
    const protocols = await withDeadline(signal, LINK_OPEN_TIMEOUT_MS, (identifySignal) =>
      identified(connection, identifySignal),
    )
    if (!offersRelay(protocols)) return
    try {
      await relays.reserve(connection)
      refuse(peerId, undefined)
    } catch (error) {
      if (connection.status === 'open') refuse(peerId, refusalOf(error))
      throw error
    }
  }

  const keeper = createKeeper({
    peers: [...pushNodes.keys()],
    ensure,
    after,
    random: () => randomInt(RANDOM_STEPS) / RANDOM_STEPS,
    log,
  })
  host.addEventListener('peer:disconnect', ({ detail: peer }) => {
    refuse(peer.toString(), undefined)
    keeper.lost(peer.toString())
  })
  relays.onLost = (relay) => keeper.lost(relay.toString())
  return {
    identified,
    get peers() {
      return [...pushNodes.values()].map(({ peer }) => peer)
    },
    use(added) {
      const former = pushNodes
      pushNodes = byPeer([...configured, ...added].slice(0, INFRASTRUCTURE_PEERS_MAX))
      onPeers([...pushNodes.values()].map(({ peer }) => peer))
      for (const [peerId, { peer }] of former) {
        if (pushNodes.has(peerId)) continue
        keeper.remove(peerId)
        refusalsByPeer.delete(peerId)
        host.hangUp(peer).catch((error: unknown) => log.log('debug', 'push node not let go', { error: String(error) }))
      }
      for (const peerId of pushNodes.keys()) if (!former.has(peerId)) keeper.add(peerId)
      onChange()
    },
    start: () => keeper.start(),
    hurry: () => keeper.hurry(),
    stop: () => keeper.stop(),
    status: () =>
      [...pushNodes].map(
        ([
          peerId,
          {
            peer,
            addresses: [address = ''],
          },
        ]) => {
          const refusal = refusalsByPeer.get(peerId)
          return {
            address,
            peerId,
            isConnected: openConnection(host, peer) !== undefined,
            relay: relays.has(peer) ? 'reserved' : refusal === undefined ? 'none' : 'refused',
            ...(refusal === undefined || relays.has(peer) ? {} : { refusal }),
          }
        },
      ),
  }
}

/** Each peer once, as it was named first. */
function byPeer(pushNodes: readonly PushNode[]): ReadonlyMap<string, PushNode> {
  const found = new Map<string, PushNode>()
  for (const pushNode of pushNodes) {
    const peerId = pushNode.peer.toString()
    const known = found.get(peerId)
    const addresses = [...new Set([...(known?.addresses ?? []), ...pushNode.addresses])]
    found.set(peerId, { peer: pushNode.peer, addresses })
  }
  return found
}

/** Why a relay gave no place, in words. */
function refusalOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  if (text.includes('RESERVATION_REFUSED')) return 'All of its places are taken.'
  if (text.includes('PERMISSION_DENIED')) return 'All of its places for your network address are taken.'
  return `It gave no place: ${text}`
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
