// Programs of the system that the test world of homes is made of: network namespaces, routers, a port mapper.
import { spawnSync } from 'node:child_process'
import { aptInstall, mayInstall, onPath } from './system.mjs'

/** Programs, and Debian's packages that have them. */
const PACKAGES = {
  ip: 'iproute2',
  nft: 'nftables',
  conntrack: 'conntrack',
  socat: 'socat',
  miniupnpd: 'miniupnpd-nftables',
}

/** Whether homes can be made here; installs what is missing when we may, and says in a line why not. */
export async function ensureHomes() {
  const missing = Object.keys(PACKAGES).filter((name) => onPath(name) === undefined)
  if (missing.length > 0 && mayInstall()) await aptInstall(...missing.map((name) => PACKAGES[name]))
  const left = missing.filter((name) => onPath(name) === undefined)
  const problem = left.length > 0 ? `${left.join(', ')} not found` : whyNoNamespaces()
  if (problem !== undefined) process.stderr.write(`The tests between homes are skipped: ${problem}.\n`)
  return problem === undefined
}

function whyNoNamespaces() {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'network namespaces need root on Linux'
  const { status } = spawnSync('unshare', ['--net', 'true'])
  return status === 0 ? undefined : 'no network namespace can be made here'
}
