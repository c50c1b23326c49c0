/** Which of our addresses others are told, and in which order. Spec: NET-11, NET-13. */
import { multiaddr } from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'
import { ADDRESSES_PER_DEVICE_MAX, addressScope } from '@parley/core'
import { isRelayed } from '../address-order.ts'

/** Addresses at which we are reached and that no interface of this machine has: a port of a router. */
export type FurtherAddresses = Set<string>

/**
 * Those that carry furthest first, relays behind what is direct and as far; what only works on one cable is left out.
 * At most ADDRESSES_PER_DEVICE_MAX.
 */
export const tellable =
  (further: FurtherAddresses, ownId: string) =>
  (addresses: Multiaddr[]): Multiaddr[] => {
    const byText = new Map<string, Multiaddr>()
    for (const address of [...addresses, ...[...further].map((text) => multiaddr(`${text}/p2p/${ownId}`))])
      if (!isLinkLocal(address)) byText.set(withoutPeer(address), address)
    return [...byText.values()].toSorted((a, b) => rankOf(a) - rankOf(b)).slice(0, ADDRESSES_PER_DEVICE_MAX)
  }

const RANK = { anywhere: 0, network: 2, computer: 4 } as const

const rankOf = (address: Multiaddr): number => RANK[addressScope(address.toString())] + (isRelayed(address) ? 1 : 0)

/** The scope of a link-local address is one network interface, which the address does not name. */
const isLinkLocal = (address: Multiaddr): boolean => /^\/ip6\/fe[89ab]|^\/ip4\/169\.254\./.test(address.toString())

const withoutPeer = (address: Multiaddr): string => {
  const text = address.toString()
  const end = isRelayed(address) ? text.lastIndexOf('/p2p-circuit') : text.indexOf('/p2p/')
  return end < 0 ? text : text.slice(0, end)
}
