/** How far an address carries: what can be said of it before anybody tries it. Spec: NET-10. */

/** `computer`: this machine only. `network`: the same local network. `anywhere`: nothing in it says otherwise. */
export type AddressScope = 'computer' | 'network' | 'anywhere'

/**
 * How far a multiaddr carries, judged by its first part alone: through a relay one gets as far as the relay is known.
 * What is not understood counts as this machine's, so that nobody is promised too much. Never throws.
 */
export function addressScope(address: string): AddressScope {
  const [, protocol = '', value = ''] = address.split('/', 3)
  if (protocol === 'ip4') return scopeOfIp4(value)
  if (protocol === 'ip6') return scopeOfIp6(value)
  if (protocol === 'ip6zone') return 'network'
  if (protocol === 'onion3') return 'anywhere'
  return ['dns', 'dns4', 'dns6', 'dnsaddr'].includes(protocol) ? scopeOfName(value) : 'computer'
}

/** How far the furthest of them carries; `computer` when there is none. */
export function widestScope(addresses: readonly string[]): AddressScope {
  const scopes = new Set(addresses.map(addressScope))
  return scopes.has('anywhere') ? 'anywhere' : scopes.has('network') ? 'network' : 'computer'
}

/** Loopback; RFC 1918, link-local and RFC 6598 (shared by customers of a provider); the rest. */
function scopeOfIp4(text: string): AddressScope {
  const parts = text.split('.').map(Number)
  const [a = 0, b = 0] = parts
  if (parts.length !== 4 || !parts.every((part) => Number.isInteger(part) && part >= 0 && part <= 255))
    return 'computer'
  if (a === 127 || a === 0) return 'computer'
  const isPrivate = a === 10 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168)
  return isPrivate || (a === 169 && b === 254) || (a === 100 && b >= 64 && b < 128) ? 'network' : 'anywhere'
}

function scopeOfIp6(text: string): AddressScope {
  if (!/^[0-9a-f:.]{2,45}$/i.test(text) || !text.includes(':')) return 'computer'
  const mapped = /^::ffff:([0-9.]+)$/i.exec(text)?.[1]
  if (mapped !== undefined) return scopeOfIp4(mapped)
  const first = Number.parseInt(text.split(':', 1)[0] || '0', 16)
  if (first === 0) return 'computer'
  return (first & 0xffc0) === 0xfe80 || (first & 0xfe00) === 0xfc00 ? 'network' : 'anywhere'
}

function scopeOfName(name: string): AddressScope {
  if (name === '' || name === 'localhost' || name.endsWith('.localhost')) return 'computer'
  return name.endsWith('.local') || !name.includes('.') ? 'network' : 'anywhere'
}
