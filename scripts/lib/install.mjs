// Makes sure that the locked packages, the patch and a modern Node are there. Runs on Node 20 without any package.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Advice, capture, root, run } from './process.mjs'

const NODE_MIN = [24, 7]
const modules = join(root, 'node_modules')
const stamp = join(modules, '.parley-lock')

/** Installs what the lock file says when `node_modules` is missing or differs from it; otherwise takes milliseconds. */
export async function ensureInstalled() {
  const wanted = wantedState()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  if (!isLockInstalled() || !(await isPatched())) {
    process.stderr.write('Installing packages (npm ci)…\n')
    const code = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { stdio: ['ignore', 2, 2] })
    if (code !== 0) throw new Advice('npm ci failed. Its message above says why; nothing else was changed.')
    // With install scripts switched off npm skips our own step, so it is taken here.
    if (!(await isPatched())) throw new Advice('The patches in patches/ could not be applied to node_modules.')
  }
  writeFileSync(stamp, wanted)
}

/** The Node that runs our programs. */
export function modernNode() {
  // npm 10 installs the package without linking its program.
  const places = ['.bin/node', `node-linux-${process.arch}/bin/node`].map((place) => join(modules, place))
  const brought = places.find((place) => existsSync(place))
  if (brought !== undefined) return brought
  if (isModern(process.versions.node)) return process.execPath
  throw new Advice(
    `Parley needs Node ${NODE_MIN.join('.')} or later; this is ${process.versions.node}, and npm has no Node package ` +
      'for this system. Install it from nodejs.org and try again.',
  )
}

function isModern(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])
}

function wantedState() {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')))
  const patches = join(root, 'patches')
  for (const name of existsSync(patches) ? readdirSync(patches).sort() : []) {
    hash.update(name).update(readFileSync(join(patches, name)))
  }
  return hash.digest('hex')
}

/** True when npm's own record of `node_modules` has every package of the lock file in its version. */
function isLockInstalled() {
  const record = join(modules, '.package-lock.json')
  if (!existsSync(record)) return false
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  return Object.entries(locked).every(([path, entry]) => {
    if (!path.startsWith('node_modules/')) return true
    const found = installed[path]
    return found === undefined ? entry.optional === true : found.version === entry.version
  })
}

/** Applies the patches; doing so twice changes nothing. */
async function isPatched() {
  const program = join(modules, 'patch-package', 'index.js')
  if (!existsSync(program)) return false
  const { code, output } = await capture(process.execPath, [program, '--error-on-fail'])
  if (code !== 0) process.stderr.write(output)
  return code === 0
}
