/** The DHT servers nearest to a key. Spec: MBX-3. */
import type { PeerId } from '@libp2p/interface'
import type { QueryEvent } from '@libp2p/kad-dht'
import type { Multiaddr } from '@multiformats/multiaddr'
import { DHT_LOOKUP_TIMEOUT_MS, POINTER_REPLICAS_MAX, sha256 } from '@parley/core'
import { addressesOf } from '../addresses.ts'
import { withDeadline } from '../deadline.ts'
import { openConnection } from '../dialer.ts'
import { dhtTableSize } from '../dht/table.ts'
import type { Host } from '../host.ts'

interface Candidate {
  readonly peer: PeerId
  readonly distance: Uint8Array
  addresses: readonly Multiaddr[]
  state: 'heard of' | 'answered' | 'failed'
}

/**
 * Addresses of the POINTER_REPLICAS_MAX DHT servers nearest to `key`, nearest first, never ourselves; those in `always`
 * that are connected fill up what the DHT does not know. What is known after DHT_LOOKUP_TIMEOUT_MS counts.
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
  // without anybody to ask, a query waits for somebody to appear: a push node is about to, other devices are not
  const isConnected = always.some((peer) => openConnection(host, peer) !== undefined)
  if (dhtTableSize(host) > 0 || isConnected) await walk(host, key, search, signal)
  for (const peer of always) {
    if (search.nearest().length >= POINTER_REPLICAS_MAX) break
    if (openConnection(host, peer) !== undefined) search.hear(peer, [])
  }
  const texts = await Promise.all(search.nearest().map((candidate) => addressOf(host, candidate)))
  return texts.filter((text) => text !== undefined).slice(0, POINTER_REPLICAS_MAX)
}

async function walk(host: Host, key: Uint8Array, search: Search, signal: AbortSignal): Promise<void> {
  try {
    await withDeadline(signal, DHT_LOOKUP_TIMEOUT_MS, async (walkSignal) => {
      for await (const event of host.services.dht.getClosestPeers(key, { signal: walkSignal, useNetwork: true })) {
        search.take(event)
        if (search.isDone) break
      }
    })
  } catch (error) {
    signal.throwIfAborted()
    // the DHT did not come to an end: what it told us is still good
    if (!host.status.startsWith('start')) throw error
  }
}

/** Kademlia's rule of when to stop: the nearest that we heard of have all answered, so nobody nearer is known to them. */
class Search {
  readonly #own: PeerId
  readonly #target: Uint8Array
  readonly #candidatesById = new Map<string, Candidate>()

  constructor(own: PeerId, key: Uint8Array) {
    this.#own = own
    this.#target = sha256(key)
  }

  take(event: QueryEvent): void {
    if (event.name === 'PEER_RESPONSE') {
      for (const { id, multiaddrs } of event.closer) this.hear(id, multiaddrs)
      this.#mark(event.from, 'answered')
    } else if (event.name === 'QUERY_ERROR') {
      this.#mark(event.from, 'failed')
    } else if (event.name === 'FINAL_PEER') {
      this.hear(event.peer.id, event.peer.multiaddrs)
    }
  }

  hear(peer: PeerId, addresses: readonly Multiaddr[]): void {
    if (peer.equals(this.#own)) return
    const id = peer.toString()
    const known = this.#candidatesById.get(id)
    if (known === undefined) {
      this.#candidatesById.set(id, { peer, distance: this.#distance(peer), addresses, state: 'heard of' })
    } else if (known.addresses.length === 0) {
      known.addresses = addresses
    }
  }

  /** Nearest first, without those that failed. */
  nearest(): readonly Candidate[] {
    return [...this.#candidatesById.values()]
      .filter(({ state }) => state !== 'failed')
      .toSorted((a, b) => compare(a.distance, b.distance))
      .slice(0, POINTER_REPLICAS_MAX)
  }

  get isDone(): boolean {
    const nearest = this.nearest()
    return nearest.length === POINTER_REPLICAS_MAX && nearest.every(({ state }) => state === 'answered')
  }

  #mark(peer: PeerId, state: 'answered' | 'failed'): void {
    this.hear(peer, [])
    const candidate = this.#candidatesById.get(peer.toString())
    if (candidate !== undefined && candidate.state !== 'answered') candidate.state = state
  }

  #distance(peer: PeerId): Uint8Array {
    return sha256(peer.toMultihash().bytes).map((byte, at) => byte ^ (this.#target[at] ?? 0))
  }
}

function compare(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, index) => byte !== b[index])
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0)
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
