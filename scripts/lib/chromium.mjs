// The browser of the end-to-end tests.
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { Advice, run } from './process.mjs'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const HOW = 'Install Chromium (on Debian or Ubuntu: apt-get install chromium), or set CHROMIUM_PATH to one.'

/** Path of a Chromium; installs Debian's when there is none and we may. @throws Advice */
export async function ensureChromium() {
  const known = process.env.CHROMIUM_PATH
  if (known !== undefined && known !== '') {
    if (isExecutable(known)) return known
    throw new Advice(`CHROMIUM_PATH is ${known}, which cannot be run. ${HOW}`)
  }
  const found = find()
  if (found !== undefined) return found
  if (process.getuid?.() !== 0 || onPath('apt-get') === undefined) throw new Advice(`The tests need a browser. ${HOW}`)
  process.stderr.write('Installing Chromium (apt-get)…\n')
  const options = { stdio: ['ignore', 2, 2], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
  await run('apt-get', ['update', '-qq'], options)
  const code = await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], options)
  const installed = find()
  if (code !== 0 || installed === undefined) throw new Advice(`apt-get could not install a browser. ${HOW}`)
  return installed
}

function find() {
  for (const name of NAMES) {
    const path = onPath(name)
    if (path !== undefined) return path
  }
  return undefined
}

function onPath(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin']
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
