/** Runs the MLS workload in headless Chromium: bundles the page, serves it on loopback, reads what it wrote. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'
import type { Measured } from './mls-browser-workload.ts'

const DEADLINE_MS = 180_000
const CHROMIUM_FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** @throws Error when the page fails or does not finish in time. The browser and the server are gone afterwards. */
export async function measureInChromium(executablePath: string): Promise<readonly Measured[]> {
  const entry = fileURLToPath(new URL('./mls-browser-page.ts', import.meta.url))
  // the suites that this product does not use name packages that are not installed
  const external = ['@hpke/chacha20poly1305', '@hpke/dhkem-x448', '@hpke/ml-kem', '@noble/post-quantum/*']
  const bundle = await build({
    entryPoints: [entry],
    bundle: true,
    format: 'esm',
    minify: true,
    write: false,
    target: 'es2022',
    external,
  })
  const script = bundle.outputFiles[0]?.contents
  if (script === undefined) throw new Error('esbuild gave no output')
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? script : '<!doctype html><body><script type="module" src="/page.js"></script>')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  const browser = await chromium.launch({ executablePath, args: CHROMIUM_FLAGS })
  try {
    const page = await browser.newPage()
    const failure = new Promise<never>((_, reject) => page.on('pageerror', reject))
    await page.goto(`http://127.0.0.1:${address.port}/`)
    await Promise.race([page.waitForSelector('body[data-state=done]', { timeout: DEADLINE_MS }), failure])
    return JSON.parse(await page.innerText('body'))
  } finally {
    await browser.close()
    server.close()
  }
}
