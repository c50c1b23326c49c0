// Which of our programs is run: the bundle that was built, or the sources when they changed since. Plain JavaScript,
// because the launcher asks too, on an old Node and before anything is installed.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Each build has a folder of its own in here, so that a node that runs keeps finding the parts of its own. */
export const bundles = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist')
/** The hash of the sources of the newest build, written when these were read. */
export const current = join(bundles, 'current')
const root = join(bundles, '..', '..', '..')

const NAME_LENGTH = 16

/** Set to anything, the sources are run whatever was built. Children inherit it. */
export const FROM_SOURCE = 'PARLEY_FROM_SOURCE'

/** What a bundle is built from; where these are missing, the bundle came alone and is what there is. */
export const BUNDLE_SOURCES = [
  'core/src',
  'engine/src',
  'adapters',
  'nodes/daemon/src',
  'nodes/push-node/src',
  'examples/echo-bot/src',
  'scripts/bundle.mjs',
  'package-lock.json',
]
const IGNORED = new Set(['node_modules', 'dist'])

/** The folder of the bundle that is as new as the sources; `undefined`: run from source. */
export function freshBundle(environment = process.env) {
  if (environment[FROM_SOURCE] !== undefined) return undefined
  const status = statSync(current, { throwIfNoEntry: false })
  if (status === undefined || isNewer(BUNDLE_SOURCES, status.mtimeMs)) return undefined
  return bundleFolder(readFileSync(current, 'utf8'))
}

/** Where the build of the sources with this hash is. */
export const bundleFolder = (hash) => join(bundles, hash.slice(0, NAME_LENGTH))

/** True when one of these files and folders changed after `timeMs`. A folder changes when a name in it comes or goes. */
export function isNewer(paths, timeMs, from = root) {
  return paths.some((path) => isNewerBelow(join(from, path), timeMs))
}

/** The names in a folder of sources that are built from, in order; `undefined` for a file, and for what is not there. */
export function sourceNames(folder) {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return undefined
  return readdirSync(folder).filter(isSource).sort()
}

const isSource = (name) => !name.startsWith('.') && !IGNORED.has(name) && !/\.(test|suite)\./.test(name)

function isNewerBelow(path, timeMs) {
  const status = statSync(path, { throwIfNoEntry: false })
  if (status === undefined) return false
  if (status.mtimeMs > timeMs) return true
  return (
    status.isDirectory() && readdirSync(path).some((name) => isSource(name) && isNewerBelow(join(path, name), timeMs))
  )
}
