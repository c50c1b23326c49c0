/** Which of our addresses a reader should try first. */

const LOOPBACK = /^\/(ip4\/127\.|ip6\/::1\/|dns\/localhost\/|dns4\/localhost\/|dns6\/localhost\/)/
const PRIVATE =
  /^\/(ip4\/(10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)|ip6\/(fe[89ab]|f[cd]))/i
const CIRCUIT = '/p2p-circuit'

/** Public addresses, then those through a relay, then those of a home network. Loopback only when there is no other. */
export function byReach(addresses: readonly string[]): readonly string[] {
  const others = addresses.filter((address) => !LOOPBACK.test(address))
  const useful = others.length > 0 ? others : addresses
  return useful.toSorted((one, other) => distance(one) - distance(other))
}

function distance(address: string): number {
  // through a relay at home is no nearer than the home network
  if (PRIVATE.test(address) || LOOPBACK.test(address)) return address.includes(CIRCUIT) ? 3 : 2
  return address.includes(CIRCUIT) ? 1 : 0
}
