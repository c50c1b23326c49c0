/** How much one peer may ask for. Spec: HLD-10. */
import {
  HOLDER_ALLOWANCE_MAX,
  HOLDER_ALLOWANCE_PER_SECOND,
  HOLDER_PEERS_REMEMBERED_MAX,
  type MailboxRequest,
  type Millis,
} from '@parley/core'

const BYTES_PER_COST = 65_536
const ITEMS_PER_COST = 64
/** A record costs a signature check. */
const RECORDS_PER_COST = 8
/** A profile costs a signature check, the cleaning of all its texts, and a transaction. */
const PROFILE_COST = 7

/** Of bytes asked or answered, beside the 1 that each request costs. */
export const bytesCost = (bytes: number): number => Math.floor(bytes / BYTES_PER_COST)

/** Of what is in a request. */
export function itemsCost(request: MailboxRequest): number {
  switch (request.type) {
    case 'info':
    case 'blocks':
      return 0
    case 'store':
      return Math.floor(request.blocks.length / ITEMS_PER_COST)
    case 'fetch':
    case 'drop':
    case 'challenge':
      return Math.floor(request.cids.length / ITEMS_PER_COST)
    case 'point':
      return Math.floor(request.records.length / RECORDS_PER_COST)
    case 'find':
      return Math.floor(request.prefixes.length / ITEMS_PER_COST)
    case 'profile.put':
      return PROFILE_COST
    case 'profile.get':
      return Math.floor(request.digests.length / ITEMS_PER_COST)
  }
}

interface Allowance {
  left: number
  at: Millis
}

/** Remembers the peers heard last; memory is bounded by HOLDER_PEERS_REMEMBERED_MAX. */
export class Allowances {
  readonly #byPeer = new Map<string, Allowance>()

  get peers(): number {
    return this.#byPeer.size
  }

  /** Takes `cost` when it is there; false leaves everything as it is. */
  take(peer: string, cost: number, now: Millis): boolean {
    const own = this.#refilled(peer, now)
    if (own.left < cost) return false
    own.left -= cost
    return true
  }

  /** Takes what was only known afterwards; it may run into debt. */
  charge(peer: string, cost: number, now: Millis): void {
    if (cost > 0) this.#refilled(peer, now).left -= cost
  }

  #refilled(peer: string, now: Millis): Allowance {
    const own = this.#byPeer.get(peer) ?? { left: HOLDER_ALLOWANCE_MAX, at: now }
    // A clock that was set back gives nothing and takes nothing.
    const gained = (Math.max(0, now - own.at) * HOLDER_ALLOWANCE_PER_SECOND) / 1_000
    own.left = Math.min(HOLDER_ALLOWANCE_MAX, own.left + gained)
    own.at = now
    this.#byPeer.delete(peer)
    this.#byPeer.set(peer, own)
    if (this.#byPeer.size > HOLDER_PEERS_REMEMBERED_MAX) {
      for (const oldest of this.#byPeer.keys()) {
        this.#byPeer.delete(oldest)
        break
      }
    }
    return own
  }
}
