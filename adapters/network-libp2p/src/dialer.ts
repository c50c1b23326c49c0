/** Finding a connection to a peer: what we have, what we were told, what the DHT knows, our relays. Spec: NET-1…NET-4, NET-30. */
import type { Connection, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { ADDRESSES_PER_DEVICE_MAX, DHT_LOOKUP_TIMEOUT_MS, DIAL_ATTEMPTS_AT_ONCE_MAX } from '@parley/core'
import { inOrder, isRelayed } from './address-order.ts'
import { addressesOf, parseAddress } from './addresses.ts'
import { after, withDeadline } from './deadline.ts'
import type { Host } from './host.ts'
import { race } from './race.ts'

/** The best open connection to `peer`: a direct one before a relayed one, then the newest. */
export function openConnection(host: Host, peer: PeerId): Connection | undefined {
  const open = host.getConnections(peer).filter(({ status }) => status === 'open')
  const newestFirst = open.toSorted((one, other) => other.timeline.open - one.timeline.open)
  return newestFirst.find(({ direct }) => direct) ?? newestFirst[0]
}

export interface DialOptions {
  readonly addresses: readonly string[]
  /** Push nodes that are asked to relay when they are connected. */
  readonly relays: readonly PeerId[]
  /** How long the connection may be silent until the kernel asks whether the other end is there. */
  readonly keepAliveMs?: number
}

/**
 * Dials `peer` by the given addresses and those seen before, and after a head start by those that the DHT knows and
 * through each relay to which we are connected. The first that answers wins. Rejects with every failure when nothing
 * answers, or with the abort reason. Spec: NET-2, NET-30.
 */
export async function dialPeer(
  host: Host,
  peer: PeerId,
  { addresses, relays, keepAliveMs }: DialOptions,
  signal: AbortSignal,
): Promise<Connection> {
  const { dials } = host.services
  const { attemptDelayMs, headStartMs } = dials.pace
  const known = inOrder(addressesOf(peer, [...given(addresses), ...(await remembered(host, peer))]))
  const connection = await race(
    {
      sources: [
        { delayMs: 0, find: async () => known.filter((address) => !isRelayed(address)) },
        { delayMs: headStartMs, find: (raceSignal) => lookUp(host, peer, raceSignal) },
        {
          delayMs: headStartMs,
          find: async () => [...relays.flatMap((relay) => throughRelay(host, relay, peer)), ...known.filter(isRelayed)],
        },
      ],
      key: String,
      // the peer may have dialled us meanwhile
      attempt: async (address, raceSignal) =>
        openConnection(host, peer) ?? dials.dial(address, raceSignal, isRelayed(address) ? undefined : keepAliveMs),
      discard: (late) => late.abort(new Error('another address was faster')),
      attemptDelayMs,
      attemptsAtOnceMax: DIAL_ATTEMPTS_AT_ONCE_MAX,
      after,
    },
    signal,
  )
  await remember(host, connection)
  return connection
}

/** Dials `peer` at the given addresses and those seen before, and nowhere else. */
export async function dialKnown(
  host: Host,
  peer: PeerId,
  addresses: readonly string[],
  signal: AbortSignal,
): Promise<Connection> {
  return host.dial(addressesOf(peer, [...given(addresses), ...(await remembered(host, peer))]), { signal })
}

const given = (addresses: readonly string[]): Multiaddr[] =>
  addresses.slice(0, ADDRESSES_PER_DEVICE_MAX).flatMap((text) => parseAddress(text) ?? [])

async function remembered(host: Host, peer: PeerId): Promise<Multiaddr[]> {
  if (!(await host.peerStore.has(peer))) return []
  const { addresses } = await host.peerStore.get(peer)
  return addresses.map(({ multiaddr }) => multiaddr)
}

/** Where a peer answered is tried again next time, as libp2p does after its own dials. */
async function remember(host: Host, { remotePeer, remoteAddr }: Connection): Promise<void> {
  await host.peerStore.merge(remotePeer, { multiaddrs: [remoteAddr] })
}

async function lookUp(host: Host, peer: PeerId, signal: AbortSignal): Promise<Multiaddr[]> {
  const { dht } = host.services
  // without anybody to ask, a query waits for somebody to appear
  if (host.getPeers().length === 0) return []
  return withDeadline(signal, DHT_LOOKUP_TIMEOUT_MS, async (lookUpSignal) => {
    for await (const event of dht.findPeer(peer, { signal: lookUpSignal, useCache: false })) {
      if (event.name === 'FINAL_PEER' && event.peer.multiaddrs.length > 0)
        return inOrder(addressesOf(peer, event.peer.multiaddrs))
    }
    return []
  })
}

function throughRelay(host: Host, relay: PeerId, peer: PeerId): Multiaddr[] {
  const connection = openConnection(host, relay)
  if (connection === undefined || !connection.direct) return []
  return [connection.remoteAddr.encapsulate(`/p2p-circuit/p2p/${peer.toString()}`)]
}
