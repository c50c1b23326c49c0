/** The DHT servers nearest to a key. Spec: MBX-3. */
import type { PeerId } from '@libp2p/interface'
import { DHT_LOOKUP_TIMEOUT_MS, POINTER_REPLICAS_MAX } from '@parley/core'
import { addressesOf } from '../addresses.ts'
import { withDeadline } from '../deadline.ts'
import { openConnection } from '../dialer.ts'
import { Search } from '../dht/search.ts'
import type { Candidate } from '../dht/search.ts'
import { tableNearest } from '../dht/table.ts'
import { walk } from '../dht/walk.ts'
import type { Host } from '../host.ts'

/**
 * Addresses of the POINTER_REPLICAS_MAX DHT servers nearest to `key`, nearest first, never ourselves. The walk begins at
 * those in `always` that are connected, and at what our routing table knows. What is known after DHT_LOOKUP_TIMEOUT_MS counts.
 * @throws the abort reason.
 */
export async function closestPeers(
  host: Host,
  key: Uint8Array,
  always: readonly PeerId[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  signal.throwIfAborted()
  const search = new Search(host.peerId, key)
  for (const peer of always) if (openConnection(host, peer) !== undefined) search.hear(peer, [])
  for (const peer of tableNearest(host, key, POINTER_REPLICAS_MAX)) search.hear(peer, [])
  try {
    await withDeadline(signal, DHT_LOOKUP_TIMEOUT_MS, (walkSignal) => walk(host, key, search, walkSignal))
  } catch {
    signal.throwIfAborted()
    // the walk did not come to an end: what it was told is still good
  }
  const texts = await Promise.all(search.found().map((candidate) => addressOf(host, candidate)))
  return texts.filter((text) => text !== undefined).slice(0, POINTER_REPLICAS_MAX)
}

/** Where to find it: as the DHT says, as we know, or as we are connected. */
async function addressOf(host: Host, { peer, addresses }: Candidate): Promise<string | undefined> {
  const [told] = addressesOf(peer, addresses)
  if (told !== undefined) return told.toString()
  const connection = openConnection(host, peer)
  const remembered = (await host.peerStore.has(peer)) ? (await host.peerStore.get(peer)).addresses : []
  const known = remembered.map(({ multiaddr }) => multiaddr)
  return addressesOf(peer, connection === undefined ? known : [...known, connection.remoteAddr])[0]?.toString()
}
