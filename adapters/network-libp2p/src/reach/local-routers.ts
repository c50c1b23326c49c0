/** The routers of this machine's network: the default gateway by PCP or NAT-PMP, and those that answer to UPnP. */
import { readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { parseDefaultGateway } from './port-control-codec.ts'
import { PortControlRouter } from './port-control.ts'
import type { RouterSearch } from './port-mapping.ts'
import { findUpnpRouters } from './upnp.ts'

const INTERFACES_MAX = 8

export const localRouters: RouterSearch = {
  async *find(signal) {
    // Of Linux; elsewhere only UPnP is used.
    const gateway = parseDefaultGateway(await readFile('/proc/net/route', 'utf8').catch(() => ''))
    // Most routers that speak it speak UPnP too, and the port of the first that answers is enough.
    if (gateway !== undefined) yield new PortControlRouter(gateway)
    yield* findUpnpRouters(signal, localAddresses())
  },
}

/** IPv4 addresses of this machine on networks that may have a router. */
export const localAddresses = (): readonly string[] =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal, address }) => family === 'IPv4' && !internal && !address.startsWith('169.254.'))
    .map(({ address }) => address)
    .slice(0, INTERFACES_MAX)
