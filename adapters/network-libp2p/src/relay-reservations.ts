/**
 * Reservations at the relays that we choose, and their `/p2p-circuit` addresses among our own.
 *
 * libp2p would do this by listening on `<relay>/p2p-circuit`, but such a listener never reserves again after the relay
 * restarted. So the keeper of the push nodes asks for a reservation whenever it has a connection. Spec: NET-6, NET-7.
 */
import { RELAY_V2_HOP_CODEC } from '@libp2p/circuit-relay-v2'
import type { Connection, PeerId, Transport, TypedEventTarget } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'

export interface RelayReservations {
  has(relay: PeerId): boolean
  /**
   * Asks the relay at the other end of `connection` for a reservation and adds our addresses through it. Does nothing
   * when there is one. libp2p renews it before it ends.
   */
  reserve(connection: Connection): Promise<void>
  /** Called when a reservation is lost: refused at renewal, or its connection closed. */
  onLost: (relay: PeerId) => void
  /** Called when our addresses through relays changed; libp2p's own event comes up to a second later or not at all. */
  onChange: () => void
}

/** True when a peer with these protocols offers to relay. */
export const offersRelay = (protocols: readonly string[]): boolean => protocols.includes(RELAY_V2_HOP_CODEC)

interface Reservation {
  readonly relay: PeerId
  readonly details: { readonly reservation: { readonly addrs: readonly Uint8Array[] } }
}

interface ReservationEvents {
  'relay:created-reservation': CustomEvent<Reservation>
  'relay:removed': CustomEvent<Reservation>
}

interface ReservationStore extends TypedEventTarget<ReservationEvents> {
  addRelay(relay: PeerId, type: 'configured'): Promise<unknown>
  hasReservation(relay: PeerId): boolean
}

interface Components {
  readonly transportManager: { getTransports(): Transport[] }
  readonly addressManager: {
    confirmObservedAddr(address: Multiaddr, options: { type: 'observed' }): void
    removeObservedAddr(address: Multiaddr): void
  }
}

const hasReservationStore = (transport: Transport): transport is Transport & { reservationStore: ReservationStore } =>
  'reservationStore' in transport

export function relayReservations(): (components: Components) => RelayReservations {
  return ({ transportManager, addressManager }) => {
    const store = transportManager.getTransports().find(hasReservationStore)?.reservationStore
    if (store === undefined) throw new Error('the circuit relay transport keeps its reservations elsewhere now')
    // One at a time: with each that is made, libp2p forgets those that wait, and whoever waits for them waits for ever.
    let last: Promise<void> = Promise.resolve()
    const addressesByRelay = new Map<string, readonly Multiaddr[]>()
    const announce = (relay: PeerId, addresses: readonly Multiaddr[]): void => {
      const previous = addressesByRelay.get(relay.toString()) ?? []
      addressesByRelay.set(relay.toString(), addresses)
      for (const address of addresses) addressManager.confirmObservedAddr(address, { type: 'observed' })
      for (const address of previous) {
        if (!addresses.some((kept) => kept.equals(address))) addressManager.removeObservedAddr(address)
      }
      service.onChange()
    }
    store.addEventListener('relay:created-reservation', ({ detail: { relay, details } }) => {
      announce(relay, details.reservation.addrs.map(circuitAddress))
    })
    store.addEventListener('relay:removed', ({ detail: { relay } }) => {
      announce(relay, [])
      addressesByRelay.delete(relay.toString())
      service.onLost(relay)
    })
    const service: RelayReservations = {
      has: (relay) => store.hasReservation(relay),
      reserve: (connection) => {
        const done = last.then(async () => {
          if (!store.hasReservation(connection.remotePeer)) await store.addRelay(connection.remotePeer, 'configured')
        })
        last = done.catch(() => undefined)
        return done
      },
      onLost: () => undefined,
      onChange: () => undefined,
    }
    return service
  }
}

const circuitAddress = (relayAddress: Uint8Array): Multiaddr => multiaddr(relayAddress).encapsulate('/p2p-circuit')
