/** How many STUN answers an address gets: an address can be forged, so nobody may be made to receive many. Spec: PUSH-12. */
import { toHex } from '@parley/core'

/** Answers that one IPv4 address or IPv6 /64 gets at once … */
export const STUN_BURST_MAX = 20
/** … and again, each second. */
export const STUN_PER_SECOND = 2
/** The same for everybody together. */
export const STUN_TOTAL_BURST_MAX = 2_000
export const STUN_TOTAL_PER_SECOND = 1_000
/** Addresses that are counted; of more, the one that was counted first is forgotten. */
export const STUN_PLACES_MAX = 10_000

interface Bucket {
  left: number
  atMs: number
}

export class StunBudget {
  readonly #buckets = new Map<string, Bucket>()
  readonly #total: Bucket = { left: STUN_TOTAL_BURST_MAX, atMs: 0 }

  /** Number of addresses that are counted now. */
  get size(): number {
    return this.#buckets.size
  }

  /** Whether `ip` may be answered at `nowMs`; counts it when it may. */
  take(ip: Uint8Array, nowMs: number): boolean {
    const place = toHex(ip.subarray(0, ip.length === 4 ? 4 : 8))
    const bucket = this.#buckets.get(place) ?? { left: STUN_BURST_MAX, atMs: nowMs }
    refill(bucket, nowMs, STUN_PER_SECOND, STUN_BURST_MAX)
    refill(this.#total, nowMs, STUN_TOTAL_PER_SECOND, STUN_TOTAL_BURST_MAX)
    if (bucket.left < 1 || this.#total.left < 1) return false
    bucket.left -= 1
    this.#total.left -= 1
    // last in the order of the map: what was not seen for longest is forgotten first
    this.#buckets.delete(place)
    this.#buckets.set(place, bucket)
    if (this.#buckets.size > STUN_PLACES_MAX) this.#buckets.delete(this.#buckets.keys().next().value ?? '')
    return true
  }
}

function refill(bucket: Bucket, nowMs: number, perSecond: number, max: number): void {
  bucket.left = Math.min(max, bucket.left + (Math.max(0, nowMs - bucket.atMs) * perSecond) / 1_000)
  bucket.atMs = nowMs
}
