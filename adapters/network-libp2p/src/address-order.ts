/** Which of a peer's addresses to try first. Spec: NET-30. */
import { isIP } from 'node:net'
import { CODE_IP4, CODE_IP6, CODE_ONION3, CODE_P2P_CIRCUIT } from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'

/** True for an address that leads through a relay. */
export const isRelayed = (address: Multiaddr): boolean =>
  address.getComponents().some(({ code }) => code === CODE_P2P_CIRCUIT)

/**
 * The best first: onion services, then the own network, then IPv6 and IPv4 in turn, then names, then this computer, then
 * relays. Among equals the order stays.
 */
export function inOrder(addresses: readonly Multiaddr[]): Multiaddr[] {
  const ranked = addresses.map((address) => ({ address, rank: rankOf(address) }))
  const sorted = ranked.toSorted((one, other) => one.rank - other.rank)
  const of = (wanted: number): Multiaddr[] => sorted.flatMap(({ address, rank }) => (rank === wanted ? [address] : []))
  const global = inTurn(of(Rank.ip6), of(Rank.ip4))
  return [...of(Rank.onion), ...of(Rank.network), ...global, ...of(Rank.name), ...of(Rank.computer), ...of(Rank.relay)]
}

const Rank = { onion: 0, network: 1, ip6: 2, ip4: 3, name: 4, computer: 5, relay: 6 } as const

function rankOf(address: Multiaddr): number {
  if (isRelayed(address)) return Rank.relay
  const [first] = address.getComponents()
  const value = first?.value ?? ''
  if (first?.code === CODE_ONION3) return Rank.onion
  if (first?.code !== CODE_IP4 && first?.code !== CODE_IP6) return Rank.name
  if (isLoopback(value)) return Rank.computer
  if (isOwnNetwork(value)) return Rank.network
  return first.code === CODE_IP6 ? Rank.ip6 : Rank.ip4
}

const isLoopback = (ip: string): boolean => ip === '::1' || ip.startsWith('127.')

/** RFC 1918, RFC 3927; unique local and link-local addresses of IPv6. */
function isOwnNetwork(ip: string): boolean {
  if (isIP(ip) === 6) return /^(f[cd]|fe[89ab])/i.test(ip)
  return /^(10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.)/.test(ip)
}

function inTurn<T>(one: readonly T[], other: readonly T[]): T[] {
  const length = Math.max(one.length, other.length)
  return Array.from({ length }, (_, index) => [...one.slice(index, index + 1), ...other.slice(index, index + 1)]).flat()
}
