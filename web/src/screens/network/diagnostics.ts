import type { Network } from '@parley/engine/api'
import type { LinkState } from '../../app/node-link.ts'

/** 18.4 MB */
export const byteCount = (bytes: number): string => {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  const unit = units[power] ?? 'byte'
  return new Intl.NumberFormat(undefined, {
    style: 'unit',
    unit,
    unitDisplay: power === 0 ? 'long' : 'short',
    maximumFractionDigits: 1,
  }).format(bytes / 1_000 ** power)
}

/** The kinds of a multiaddr without what names a machine: /ip4/…/tcp/… */
const addressKind = (address: string): string =>
  address
    .split('/')
    .map((part, at) => (at % 2 === 1 || part === '' ? part : '…'))
    .join('/')

/** Counts and kinds only: no names, no accounts, no peer ids, no addresses. */
export const diagnosticsOf = (network: Network, link: LinkState, userAgent: string): string =>
  [
    `page: ${link}`,
    `transport: ${network.transport}`,
    `reach: ${network.reach}, proven: ${network.reachability.state}, ${
      network.reachability.testedAt === undefined
        ? 'never tested'
        : `tested ${new Date(network.reachability.testedAt).toISOString()}`
    }`,
    `port mapping: ${network.portMapping.state}`,
    `listening: ${network.isListening ? 'yes' : 'no'}`,
    `addresses: ${network.addresses.map(addressKind).join(' ') || 'none'}`,
    `peers: ${network.peers.filter((peer) => peer.path === 'direct').length} direct, ${
      network.peers.filter((peer) => peer.path === 'relayed').length
    } relayed`,
    `push nodes: ${network.infrastructure.filter((each) => each.isConnected).length} of ${network.infrastructure.length} connected, ${
      network.infrastructure.filter((each) => each.relay === 'reserved').length
    } with a place, ${network.infrastructure.filter((each) => each.relay === 'refused').length} refusing`,
    `waiting messages: ${network.waitingMessages}`,
    `stored: ${byteCount(network.storedBytes)}`,
    `browser: ${userAgent}`,
  ].join('\n')
