// The licences of what is bundled, as their owners ask: each package with its text.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const LICENCE_FILE = /^(licen[cs]e|copying|notice)/i
const RULE = `\n${'-'.repeat(80)}\n\n`

/** @returns one text: name, version, licence and licence texts of every package that these modules belong to. */
export function licencesOf(modules) {
  const folders = new Set(modules.map(packageFolder).filter((folder) => folder !== undefined))
  const parts = new Map()
  for (const folder of folders) {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const texts = readdirSync(folder)
      .filter((file) => LICENCE_FILE.test(file) && !/\.[cm]?js$/.test(file))
      .sort()
      .map((file) => readFileSync(join(folder, file), 'utf8').trim())
    parts.set(`${name}@${version}`, [`${name} ${version}, ${license}`, ...texts].join('\n\n'))
  }
  const sorted = [...parts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text)
  return `Parley is under the MIT licence. It contains these packages:\n${sorted.map((text) => RULE + text).join('\n')}\n`
}

/** The package of a module below node_modules: the nearest folder above that says what it is. */
function packageFolder(module) {
  const path = module.replaceAll('\0', '').split('?', 1)[0] ?? ''
  if (!path.includes('/node_modules/')) return undefined
  for (let folder = dirname(path); !folder.endsWith('/node_modules'); folder = dirname(folder)) {
    const manifest = join(folder, 'package.json')
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version !== undefined) return folder
  }
  return undefined
}
