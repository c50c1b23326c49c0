/** Who is nearest to a key, of those that were heard of while walking towards it. */
import type { PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { POINTER_REPLICAS_MAX, sha256 } from '@parley/core'

/** Whoever wants us to walk for ever tells of more and more peers: so many of the nearest are remembered. */
const CANDIDATES_MAX = 512

export interface Candidate {
  readonly peer: PeerId
  readonly distance: Uint8Array
  addresses: readonly Multiaddr[]
  /** `slow`: asked a while ago; others are asked in its place, and it may still answer. */
  state: 'heard of' | 'asked' | 'slow' | 'answered' | 'failed'
}

/** Kademlia's rule of when to stop: as many as are wanted, the nearest of all that we heard of, have answered. */
export class Search {
  readonly #own: PeerId
  readonly #target: Uint8Array
  readonly #candidatesById = new Map<string, Candidate>()

  constructor(own: PeerId, key: Uint8Array) {
    this.#own = own
    this.#target = sha256(key)
  }

  hear(peer: PeerId, addresses: readonly Multiaddr[]): void {
    if (peer.equals(this.#own)) return
    const id = peer.toString()
    const known = this.#candidatesById.get(id)
    if (known !== undefined) {
      if (known.addresses.length === 0) known.addresses = addresses
    } else if (this.#candidatesById.size < CANDIDATES_MAX) {
      this.#candidatesById.set(id, { peer, distance: this.#distance(peer), addresses, state: 'heard of' })
    }
  }

  /** Nearest first, without those that failed; slow ones where there are too few others. */
  found(): readonly Candidate[] {
    const nearest = this.#nearest()
    const slow = this.#sorted(({ state }) => state === 'slow').slice(0, POINTER_REPLICAS_MAX - nearest.length)
    return [...nearest, ...slow].toSorted(byDistance)
  }

  /** The next one to ask; `undefined` when those that matter were asked all. */
  next(): Candidate | undefined {
    return this.#nearest().find(({ state }) => state === 'heard of')
  }

  get isDone(): boolean {
    const nearest = this.#nearest()
    return nearest.length === POINTER_REPLICAS_MAX && nearest.every(({ state }) => state === 'answered')
  }

  #nearest(): readonly Candidate[] {
    return this.#sorted(({ state }) => state !== 'failed' && state !== 'slow').slice(0, POINTER_REPLICAS_MAX)
  }

  #sorted(isWanted: (candidate: Candidate) => boolean): Candidate[] {
    return [...this.#candidatesById.values()].filter(isWanted).toSorted(byDistance)
  }

  #distance(peer: PeerId): Uint8Array {
    return sha256(peer.toMultihash().bytes).map((byte, at) => byte ^ (this.#target[at] ?? 0))
  }
}

const byDistance = (a: Candidate, b: Candidate): number => compare(a.distance, b.distance)

function compare(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, index) => byte !== b[index])
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0)
}
