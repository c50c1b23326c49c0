/**
 * MLS through our own interface, on one core: messages per second, joining and committing in a large group.
 * In Node, and in headless Chromium where one is found (`CHROMIUM_PATH`, else the system's).
 */
import { existsSync } from 'node:fs'
import { createNodeCrypto, nodeRandom } from '@parley/adapter-crypto-node'
import { measureInChromium } from './mls-browser.ts'
import { measure } from './mls-browser-workload.ts'
import type { Measured } from './mls-browser-workload.ts'

const print = (results: readonly Measured[]): void => {
  for (const result of results) process.stdout.write(`${JSON.stringify(result)}\n`)
}

const crypto = await createNodeCrypto()
print(await measure({ name: 'node', crypto, random: nodeRandom, now: () => performance.now() }))

const chromiumPath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'
if (existsSync(chromiumPath)) print(await measureInChromium(chromiumPath))
else process.stderr.write(`no browser at ${chromiumPath}: its part was not measured\n`)
