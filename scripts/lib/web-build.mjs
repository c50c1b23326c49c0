// Builds the page when its sources changed since the last build.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Advice, capture, root } from './process.mjs'
import { hashOf, isBuiltFrom, writeStamp } from './stamp.mjs'

const SOURCES = ['web', 'engine/src', 'core/src', 'package-lock.json']
const stamp = join(root, '.cache', 'web-build')

export async function ensureWebBuilt() {
  const page = join(root, 'web', 'dist', 'index.html')
  if (existsSync(page) && isBuiltFrom(SOURCES, stamp)) return
  process.stderr.write('Building the page…\n')
  const readAt = new Date()
  const hash = hashOf(SOURCES)
  const { code, output } = await capture('npm', ['run', '--silent', 'build', '--workspace', '@parley/web'])
  if (code !== 0) throw new Advice(`${output}\nThe page could not be built; the message above says why.`)
  writeStamp(stamp, hash, readAt)
}
