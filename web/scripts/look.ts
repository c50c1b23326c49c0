/**
 * Shows every screen without a node: builds the page on the pretend one, takes pictures of it in both themes and two
 * widths, and lets axe-core look at each. `node web/scripts/look.ts FOLDER [SCREEN…]` (Chromium by CHROMIUM_PATH).
 *
 * Fails when axe finds anything serious, when the page says an error, or when it asks another host for anything.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium, type Browser, type Page } from 'playwright-core'
import { build } from 'vite'
import { answerPictures } from './look-pictures.ts'
import { screens } from './look-screens.ts'
import { serve } from './serve.ts'

const looks = [
  { theme: 'light', width: 1280, height: 800 },
  { theme: 'dark', width: 1280, height: 800 },
  { theme: 'light', width: 390, height: 844 },
  { theme: 'dark', width: 390, height: 844 },
] as const

interface Violation {
  readonly id: string
  readonly impact: string
  readonly nodes: readonly { readonly html: string }[]
}

const require = createRequire(import.meta.url)
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

const findingsOf = async (page: Page): Promise<readonly Violation[]> => {
  await page.evaluate(axe)
  const result: { readonly violations: readonly Violation[] } = await page.evaluate(
    `axe.run(document, { runOnly: ${JSON.stringify(rules)} })`,
  )
  return result.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
}

const visit = async (browser: Browser, url: string, folder: string): Promise<readonly string[]> => {
  const problems: string[] = []
  for (const { theme, width, height } of looks) {
    for (const { name, path = '/', scenario = 'lived-in', prepare, act } of shown) {
      const id = `${name}-${width}-${theme}`
      // axe is put into the page by us, which the page's own policy would refuse.
      const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, bypassCSP: true })
      const page = await context.newPage()
      page.on('pageerror', (error) => problems.push(`${id}: ${error.message}`))
      page.on('request', (request) => {
        if (!request.url().startsWith(url)) problems.push(`${id}: asks ${request.url()}`)
      })
      await answerPictures(page)
      await page.emulateMedia({ reducedMotion: 'reduce' })
      await prepare?.(page)
      await page.goto(`${url}${path}${path.includes('?') ? '&' : '?'}scenario=${scenario}`)
      await page.locator('h1, h2').filter({ visible: true }).first().waitFor()
      await act?.(page)
      await page.screenshot({ path: join(folder, `${id}.png`), animations: 'disabled' })
      for (const { id: rule, nodes } of await findingsOf(page)) problems.push(`${id}: ${rule} ${nodes[0]?.html ?? ''}`)
      await context.close()
    }
  }
  return problems
}

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = process.argv[2] ?? join(tmpdir(), 'parley-look')
const wanted = process.argv.slice(3)
const shown = screens.filter(({ name }) => wanted.length === 0 || wanted.includes(name))
const page = mkdtempSync(join(tmpdir(), 'parley-look-page-'))
mkdirSync(folder, { recursive: true })
await build({ root, mode: 'fake', logLevel: 'warn', build: { outDir: page, emptyOutDir: true } })
const { url, server } = await serve(page)
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run'],
})
try {
  const problems = await visit(browser, url, folder)
  process.stdout.write(`${looks.length * shown.length} pictures in ${folder}\n`)
  for (const problem of problems) process.stdout.write(`${problem}\n`)
  process.exitCode = problems.length === 0 ? 0 : 1
} finally {
  await browser.close()
  server.close()
  rmSync(page, { recursive: true })
}
