// Builds the programs, daemon, push node and Echo, when their sources changed since the last build.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { BUNDLE_SOURCES, bundleFolder, current, FROM_SOURCE } from '../../nodes/daemon/bin/bundle.mjs'
import { modernNode } from './install.mjs'
import { Advice, capture, root } from './process.mjs'
import { hashOf, isBuiltFrom, writeStamp } from './stamp.mjs'

/**
 * Afterwards `nodes/daemon/bin/parley.mjs` runs the bundle of the sources as they are; takes milliseconds when it does so
 * already. Does nothing when the sources are to be run.
 */
export async function ensureBundled() {
  if (process.env[FROM_SOURCE] !== undefined || isBuiltFrom(BUNDLE_SOURCES, current)) return
  const readAt = new Date()
  const hash = hashOf(BUNDLE_SOURCES)
  const folder = bundleFolder(hash)
  if (!existsSync(folder)) {
    process.stderr.write('Bundling the node…\n')
    const { code, output } = await capture(modernNode(), [join(root, 'scripts', 'bundle.mjs'), folder])
    if (code !== 0) throw new Advice(`${output}\nThe node could not be bundled; the message above says why.`)
  }
  writeStamp(current, hash, readAt)
}
