// Builds the page when its sources changed since the last build.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Advice, capture, root } from './process.mjs'

const SOURCES = ['web', 'engine/src', 'core/src', 'package-lock.json']
const IGNORED = new Set(['node_modules', 'dist'])
const stamp = join(root, '.cache', 'web-build')

export async function ensureWebBuilt() {
  const wanted = hashOf(SOURCES)
  const page = join(root, 'web', 'dist', 'index.html')
  if (existsSync(page) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  process.stderr.write('Building the page…\n')
  const { code, output } = await capture('npm', ['run', '--silent', 'build', '--workspace', '@parley/web'])
  if (code !== 0) throw new Advice(`${output}\nThe page could not be built; the message above says why.`)
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, wanted)
}

function hashOf(paths) {
  const hash = createHash('sha256')
  const visit = (path) => {
    const full = join(root, path)
    if (!existsSync(full)) return
    if (!statSync(full).isDirectory()) {
      hash.update(path).update(readFileSync(full))
      return
    }
    for (const name of readdirSync(full).sort()) {
      if (!IGNORED.has(name) && !name.includes('.test.')) visit(join(path, name))
    }
  }
  for (const path of paths) visit(path)
  return hash.digest('hex')
}
