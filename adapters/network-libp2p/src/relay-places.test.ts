import { generateKeyPair } from '@libp2p/crypto/keys'
import type { RelayReservation } from '@libp2p/circuit-relay-v2'
import type { PeerId } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { RELAY_REFUSAL_LOG_INTERVAL_MS } from '@parley/core'
import { describe, expect, it, vi } from 'vitest'
import { RelayPlaces } from './relay-places.ts'

const FLAT = multiaddr('/ip4/192.0.2.1/tcp/1000')
const OFFICE = multiaddr('/ip4/198.51.100.1/tcp/1000')

async function peers(count: number): Promise<readonly PeerId[]> {
  const keys = await Promise.all(Array.from({ length: count }, () => generateKeyPair('Ed25519')))
  return keys.map(peerIdFromPrivateKey)
}

/** Reservations by peer, as libp2p keeps them. */
function reservationMap() {
  const byPeer = new Map<string, RelayReservation>()
  return {
    get size() {
      return byPeer.size
    },
    has: (peer: PeerId) => byPeer.has(peer.toString()),
    get: (peer: PeerId) => byPeer.get(peer.toString()),
    set: (peer: PeerId, reservation: RelayReservation) => byPeer.set(peer.toString(), reservation),
    values: () => byPeer.values(),
    delete: (peer: PeerId) => byPeer.delete(peer.toString()),
  }
}

/** The end of a reservation's time, as far as it matters here. */
const createSignal = () =>
  Object.assign(new AbortController().signal, { reset: vi.fn<() => void>(), clear: vi.fn<() => void>() })

function createPlaces(reservationsMax: number, reservationsPerAddressMax: number) {
  const reservations = reservationMap()
  const lines: unknown[] = []
  const clock = { nowMs: 0 }
  const places = new RelayPlaces({
    reservations,
    limits: { reservationsMax, reservationsPerAddressMax },
    log: { log: (level, _message, fields) => lines.push([level, fields]) },
    nowMs: () => clock.nowMs,
  })
  /** What libp2p does: it asks us, then makes the reservation if there is room. */
  const reserve = (peer: PeerId | undefined, addr = FLAT): 'granted' | 'denied' | 'full' => {
    if (peer === undefined || places.isDenied(peer, addr)) return 'denied'
    if (reservations.size >= reservationsMax && !reservations.has(peer)) return 'full'
    reservations.set(peer, { addr, expiry: new Date(0), signal: createSignal() })
    return 'granted'
  }
  return { places, reservations, reserve, lines, clock }
}

describe('places at a relay', () => {
  it('[PUSH-9] are refused to an address that has all of its own, and to everybody when all are taken', async () => {
    const { places, reserve } = createPlaces(3, 2)
    const [one, two, three, four, five] = await peers(5)
    expect([reserve(one), reserve(two), reserve(three)]).toEqual(['granted', 'granted', 'denied'])
    expect([reserve(four, OFFICE), reserve(five, OFFICE)]).toEqual(['granted', 'full'])
    expect([reserve(one), reserve(four, OFFICE)]).toEqual(['granted', 'granted'])
    expect(places.refused).toEqual({ address: 1, full: 1 })
  })

  it('[PUSH-8] are free again when their device has left', async () => {
    const { places, reservations, reserve } = createPlaces(100, 1)
    const all = await peers(100)
    for (const peer of all) {
      expect(reserve(peer)).toBe('granted')
      const signal = reservations.get(peer)?.signal
      places.free(peer)
      // Otherwise its end would take the place that the same peer gets next.
      expect(signal?.clear).toHaveBeenCalledOnce()
    }
    const [again] = all
    expect([reservations.size, reserve(again)]).toEqual([0, 'granted'])
    expect(places.refused).toEqual({ address: 0, full: 0 })
  })

  it('[PUSH-9] that are refused are one line in the log in an interval, which names nobody', async () => {
    const { reserve, lines, clock } = createPlaces(10, 1)
    const [one, two] = await peers(2)
    reserve(one)
    for (let count = 0; count < 10; count++) reserve(two)
    clock.nowMs += RELAY_REFUSAL_LOG_INTERVAL_MS
    reserve(two)
    expect(lines).toEqual([
      ['warn', { refused: 1, reservations: 1 }],
      ['warn', { refused: 10, reservations: 1 }],
    ])
  })
})
