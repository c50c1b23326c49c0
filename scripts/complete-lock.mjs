// Completes package-lock.json after a dependency changed: node scripts/complete-lock.mjs
//
// npm leaves optional packages for other systems out of the lock file when the registry at hand does not have them, and
// `npm ci` then refuses the file everywhere. Their exact versions stand in the packages that want them.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './lib/process.mjs'

const path = join(root, 'package-lock.json')
const lock = JSON.parse(readFileSync(path, 'utf8'))

const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'aix', 'win32']
const PROCESSORS = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64', 'wasm32']

/** What the name of such a package says about where it runs: `@oxfmt/binding-linux-arm64-musl`. */
function placeOf(name) {
  const words = name.split(/[/-]/)
  const os = SYSTEMS.find((system) => words.includes(system))
  const cpu = PROCESSORS.find((processor) => words.includes(processor))
  const libc =
    words.includes('musl') || words.includes('musleabihf') ? ['musl'] : words.includes('gnu') ? ['glibc'] : undefined
  return { ...(os ? { os: [os] } : {}), ...(cpu ? { cpu: [cpu] } : {}), ...(libc && os === 'linux' ? { libc } : {}) }
}

/** True when `wanted` is found from `from`, looking upward as Node does. */
function isLocked(from, wanted) {
  for (let folder = from; ; folder = folder.slice(0, folder.lastIndexOf('/node_modules/'))) {
    if (lock.packages[`${folder}/node_modules/${wanted}`] !== undefined) return true
    if (!folder.includes('/node_modules/')) return lock.packages[`node_modules/${wanted}`] !== undefined
  }
}

let added = 0
for (const [from, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (from === '' || isLocked(from, name)) continue
    const place = placeOf(name)
    if (place.os === undefined && place.cpu === undefined) continue
    const dev = entry.dev === true ? { dev: true } : {}
    lock.packages[`node_modules/${name}`] = {
      version,
      ...dev,
      license: entry.license,
      optional: true,
      ...place,
      engines: entry.engines,
    }
    added++
  }
}
const inOrder = Object.entries(lock.packages).toSorted(([a], [b]) => a.localeCompare(b, 'en'))
writeFileSync(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(inOrder) }, null, 2)}\n`)
process.stdout.write(`${added} packages added\n`)
