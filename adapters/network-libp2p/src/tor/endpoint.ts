import { isIP } from 'node:net'

/** Where a program of this machine listens. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

/**
 * Reads `127.0.0.1:9050` or `[::1]:9050`. Only loopback addresses: what is said to the proxy and the control port is
 * not encrypted, and an onion service leads to this machine. Spec: TOR-2.
 *
 * @returns `undefined` for anything else, names included.
 */
export function parseEndpoint(text: string): Endpoint | undefined {
  const [, ip6, ip4, portText = ''] = /^(?:\[([0-9a-f:]{2,39})\]|([0-9.]{7,15})):([0-9]{1,5})$/i.exec(text) ?? []
  const host = ip6 ?? ip4
  const port = Number(portText)
  if (host === undefined || port < 1 || port > 65_535) return undefined
  const isLoopback = ip6 === undefined ? isIP(host) === 4 && host.startsWith('127.') : host === '::1'
  return isLoopback ? { host, port } : undefined
}

/** True for what may be given as a place of Tor. */
export const isTorEndpoint = (text: string): boolean => parseEndpoint(text) !== undefined

export const endpointText = ({ host, port }: Endpoint): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
