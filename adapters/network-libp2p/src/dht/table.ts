import type { PeerId } from '@libp2p/interface'
import { sha256 } from '@parley/core'
import type { Host } from '../host.ts'

/** DHT servers that we know, of which one would be asked first. */
export function dhtTableSize({ services: { dht } }: Pick<Host, 'services'>): number {
  return hasRoutingTable(dht) ? dht.routingTable.size : 0
}

interface Table {
  readonly size: number
  closestPeers(key: Uint8Array, options: { readonly count: number }): PeerId[]
}

// not among its declared properties
const hasRoutingTable = (dht: object): dht is { routingTable: Table } => 'routingTable' in dht

/** Servers in our routing table, at most `count`, the nearest to `key` first. */
export function tableNearest(
  { services: { dht } }: Pick<Host, 'services'>,
  key: Uint8Array,
  count: number,
): readonly PeerId[] {
  return hasRoutingTable(dht) ? dht.routingTable.closestPeers(sha256(key), { count }) : []
}
