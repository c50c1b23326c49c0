// What was built, and from what: a hash of the sources beside the result.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isNewer, sourceNames } from '../../nodes/daemon/bin/bundle.mjs'
import { root } from './process.mjs'

/**
 * Whether what `stamp` tells of was built from these sources as they are. Looks at times first, so that nothing is read
 * when nothing changed; a checkout that left everything as it was costs the reading once.
 */
export function isBuiltFrom(sources, stamp) {
  if (!existsSync(stamp)) return false
  if (!isNewer(sources, statSync(stamp).mtimeMs)) return true
  if (readFileSync(stamp, 'utf8') !== hashOf(sources)) return false
  const now = new Date()
  utimesSync(stamp, now, now)
  return true
}

/** Says that something was built from sources with this hash, read at `time`: what changed since is newer than that. */
export function writeStamp(stamp, hash, time) {
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, hash)
  utimesSync(stamp, time, time)
}

/** The names and contents of all sources in one hash, 64 hexadecimal letters. */
export function hashOf(sources) {
  const hash = createHash('sha256')
  const visit = (path) => {
    const full = join(root, path)
    const names = sourceNames(full)
    if (names !== undefined) for (const name of names) visit(join(path, name))
    else if (existsSync(full)) hash.update(path).update(readFileSync(full))
  }
  for (const path of sources) visit(path)
  return hash.digest('hex')
}
