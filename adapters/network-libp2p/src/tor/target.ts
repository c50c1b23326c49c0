/** What of a multiaddr may be said to the proxy. Spec: TOR-3. */
import {
  CODE_DNS,
  CODE_DNS4,
  CODE_DNS6,
  CODE_IP4,
  CODE_IP6,
  CODE_ONION3,
  CODE_P2P,
  CODE_TCP,
} from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'
import { isSocksHost } from './socks-codec.ts'
import type { SocksTarget } from './socks-codec.ts'

const HOSTS: readonly number[] = [CODE_IP4, CODE_IP6, CODE_DNS, CODE_DNS4, CODE_DNS6]

/**
 * Where the proxy has to connect for this address: an onion service, or TCP to an address or name, which is resolved
 * by the far end of the circuit. `undefined` for everything else: WebSocket, relayed, `dnsaddr`, UDP, Unix sockets.
 */
export function socksTarget(address: Multiaddr): SocksTarget | undefined {
  const [first, ...others] = address.getComponents()
  if (first === undefined) return undefined
  if (first.code === CODE_ONION3) {
    const [host = '', port] = first.value?.split(':') ?? []
    return isEnd(others) ? toTarget(`${host}.onion`, port) : undefined
  }
  const [second, ...rest] = others
  if (!HOSTS.includes(first.code) || second?.code !== CODE_TCP || !isEnd(rest)) return undefined
  return toTarget(first.value ?? '', second.value)
}

/** Whether the rest of an address names at most a peer. */
const isEnd = (rest: readonly { readonly code: number }[]): boolean =>
  rest.length === 0 || (rest.length === 1 && rest[0]?.code === CODE_P2P)

function toTarget(host: string, portText = ''): SocksTarget | undefined {
  const port = Number(portText)
  if (!isSocksHost(host) || !Number.isInteger(port) || port < 1 || port > 65_535) return undefined
  return { host, port }
}
