/** Places at a relay: they are for who is there, and whoever gets none is counted. Spec: PUSH-1, PUSH-8, PUSH-9. */
import type { RelayReservation } from '@libp2p/circuit-relay-v2'
import type { PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { RELAY_REFUSAL_LOG_INTERVAL_MS, toHex } from '@parley/core'
import type { LogPort } from '@parley/engine'

export interface RelayPlaceLimits {
  /** Devices that can be reached through this node. */
  readonly reservationsMax: number
  /** Of these behind one IPv4 address or IPv6 /64. */
  readonly reservationsPerAddressMax: number
}

/** Why a device got no place: its own address has all of its places, or nobody gets one any more. */
export type RefusalReason = 'address' | 'full'

/** What is needed of the reservations of libp2p's relay. */
interface Reservations {
  readonly size: number
  has(peer: PeerId): boolean
  get(peer: PeerId): RelayReservation | undefined
  values(): Iterable<RelayReservation>
  delete(peer: PeerId): unknown
}

interface RelayPlacesOptions {
  readonly reservations: Reservations
  readonly limits: RelayPlaceLimits
  readonly log: LogPort
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs: () => number
}

export class RelayPlaces {
  readonly #options: RelayPlacesOptions
  readonly #refused: Record<RefusalReason, number> = { address: 0, full: 0 }
  readonly #placeByReservation = new WeakMap<RelayReservation, string>()
  #loggedMs = Number.NEGATIVE_INFINITY
  #sinceLogged = 0

  constructor(options: RelayPlacesOptions) {
    this.#options = options
  }

  /** Devices that were refused since the start. */
  get refused(): Readonly<Record<RefusalReason, number>> {
    return { ...this.#refused }
  }

  /**
   * Whether this node says no to a peer that asks for a place from `address`. Renewing is always allowed. When all
   * places are taken libp2p itself says so, in words that the device can tell from a limit of its own address.
   */
  isDenied(peer: PeerId, address: Multiaddr | undefined): boolean {
    const { reservations, limits } = this.#options
    if (address === undefined) return true
    if (reservations.has(peer)) return false
    if (reservations.size >= limits.reservationsMax) {
      this.#refuse('full')
      return false
    }
    const place = placeOf(address)
    let others = 0
    for (const reservation of reservations.values()) if (this.#placeOf(reservation) === place) others += 1
    if (others < limits.reservationsPerAddressMax) return false
    this.#refuse('address')
    return true
  }

  /** Frees the place of a peer whose last connection has closed. */
  free(peer: PeerId): void {
    const { reservations } = this.#options
    // The end of its time must not take the place that the same peer gets later.
    reservations.get(peer)?.signal.clear()
    reservations.delete(peer)
  }

  #placeOf(reservation: RelayReservation): string {
    const known = this.#placeByReservation.get(reservation)
    if (known !== undefined) return known
    const place = placeOf(reservation.addr)
    this.#placeByReservation.set(reservation, place)
    return place
  }

  /** Whoever is refused tries again and again: the log has one line a minute. */
  #refuse(reason: RefusalReason): void {
    const { log, nowMs, reservations } = this.#options
    this.#refused[reason] += 1
    this.#sinceLogged += 1
    const now = nowMs()
    if (now - this.#loggedMs < RELAY_REFUSAL_LOG_INTERVAL_MS) return
    const sentence =
      reason === 'full'
        ? 'devices were refused a place: all are taken'
        : 'devices were refused a place: their address has all of its places'
    log.log('warn', sentence, { refused: this.#sinceLogged, reservations: reservations.size })
    this.#loggedMs = now
    this.#sinceLogged = 0
  }
}

const IP6_CODE = 0x29

/** An IPv4 address, or the /64 of an IPv6 address: what one customer of a provider has. */
export function placeOf(address: Multiaddr): string {
  const { bytes } = address
  return toHex(bytes.subarray(0, bytes[0] === IP6_CODE ? 1 + 8 : 1 + 4))
}
