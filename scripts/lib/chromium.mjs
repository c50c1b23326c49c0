// The browser of the end-to-end tests.
import { Advice } from './process.mjs'
import { aptInstall, isExecutable, mayInstall, onPath } from './system.mjs'

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
  if (!mayInstall()) throw new Advice(`The tests need a browser. ${HOW}`)
  const isDone = await aptInstall('chromium')
  const installed = find()
  if (!isDone || installed === undefined) throw new Advice(`apt-get could not install a browser. ${HOW}`)
  return installed
}

const find = () => NAMES.map(onPath).find((path) => path !== undefined)
