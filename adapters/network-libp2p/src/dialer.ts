/** Finding a connection to a peer: what we have, what we were told, what the DHT knows, our relays. Spec: NET-1…NET-4. */
import type { Connection, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { ADDRESSES_PER_DEVICE_MAX, DHT_LOOKUP_TIMEOUT_MS } from '@parley/core'
import { addressesOf, parseAddress } from './addresses.ts'
import { withDeadline } from './deadline.ts'
import type { Host } from './host.ts'

/** The best open connection to `peer`: a direct one before a relayed one. */
export function openConnection(host: Host, peer: PeerId): Connection | undefined {
  const open = host.getConnections(peer).filter(({ status }) => status === 'open')
  return open.find(({ direct }) => direct) ?? open[0]
}

/**
 * Dials `peer` by the given addresses and those seen before, then by those that the DHT knows, then through each relay
 * in `relays` to which we are connected. Rejects with every failure when nothing answers, or with the abort reason.
 */
export async function dialPeer(
  host: Host,
  peer: PeerId,
  addresses: readonly string[],
  relays: readonly PeerId[],
  signal: AbortSignal,
): Promise<Connection> {
  const tried = new Set<string>()
  const failures: unknown[] = []
  const stages = [
    async () => [...given(addresses), ...(await remembered(host, peer))],
    () => lookUp(host, peer, signal),
    async () => relays.flatMap((relay) => throughRelay(host, relay, peer)),
  ]
  for (const stage of stages) {
    try {
      const fresh = addressesOf(peer, await stage()).filter((address) => !tried.has(address.toString()))
      for (const address of fresh) tried.add(address.toString())
      if (fresh.length > 0) return await host.dial(fresh, { signal })
    } catch (error) {
      failures.push(error)
    }
    signal.throwIfAborted()
    // the peer may have dialled us meanwhile
    const connection = openConnection(host, peer)
    if (connection !== undefined) return connection
  }
  throw new AggregateError(failures, tried.size === 0 ? 'no address is known' : `${tried.size} addresses tried`)
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

async function lookUp(host: Host, peer: PeerId, signal: AbortSignal): Promise<Multiaddr[]> {
  const { dht } = host.services
  // without anybody to ask, a query waits for somebody to appear
  if (host.getPeers().length === 0) return []
  return withDeadline(signal, DHT_LOOKUP_TIMEOUT_MS, async (lookUpSignal) => {
    for await (const event of dht.findPeer(peer, { signal: lookUpSignal, useCache: false })) {
      if (event.name === 'FINAL_PEER' && event.peer.multiaddrs.length > 0) return event.peer.multiaddrs
    }
    return []
  })
}

function throughRelay(host: Host, relay: PeerId, peer: PeerId): Multiaddr[] {
  const connection = openConnection(host, relay)
  if (connection === undefined || !connection.direct) return []
  return [connection.remoteAddr.encapsulate(`/p2p-circuit/p2p/${peer.toString()}`)]
}
