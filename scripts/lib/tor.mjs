// The Tor of the end-to-end tests. They make a network of their own with it; its own service is not used.
import { aptInstall, isExecutable, mayInstall, onPath } from './system.mjs'

/** Path of a Tor; installs Debian's when there is none and we may. `undefined`: the tests over Tor are skipped. */
export async function ensureTor() {
  const known = process.env.TOR_PATH
  if (known !== undefined && known !== '' && isExecutable(known)) return known
  const found = onPath('tor')
  if (found !== undefined) return found
  if (mayInstall() && (await aptInstall('tor'))) return onPath('tor')
  process.stderr.write(
    'The tests over Tor are skipped: install it (on Debian: apt-get install tor), or set TOR_PATH.\n',
  )
  return undefined
}
