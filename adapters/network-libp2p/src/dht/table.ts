import type { Host } from '../host.ts'

/** DHT servers that we know, of which one would be asked first. */
export function dhtTableSize({ services: { dht } }: Pick<Host, 'services'>): number {
  return hasRoutingTable(dht) ? dht.routingTable.size : 0
}

// not among its declared properties
const hasRoutingTable = (dht: object): dht is { routingTable: { size: number } } => 'routingTable' in dht
