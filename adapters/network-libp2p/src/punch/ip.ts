import { isIP } from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'

/** The four or 16 bytes of an IP address, without the zone of a link-local one. `undefined` when `text` is none. */
export function parseIp(text: string): Uint8Array | undefined {
  const [address = ''] = text.split('%')
  const version = isIP(address)
  return version === 0 ? undefined : multiaddr(`/ip${version}/${address}`).bytes.slice(1)
}
