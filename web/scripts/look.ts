/**
 * Shows every screen without a node: builds the page on the pretend one, takes pictures of it in both themes and two
 * widths, and lets axe-core look at each. `node web/scripts/look.ts FOLDER [SCREEN…]` (Chromium by CHROMIUM_PATH).
 *
 * Fails when axe finds anything serious, when the page says an error, or when it asks another host for anything.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium, type Browser, type Page } from 'playwright-core'
import { build } from 'vite'
import { serve } from './serve.ts'

interface Screen {
  readonly name: string
  readonly path?: string
  readonly scenario?: string
  readonly act?: (page: Page) => Promise<unknown>
}

const openFirst = async (page: Page) => {
  await page.getByTestId('conversation').first().click()
  await page.getByTestId('message').last().waitFor()
}
const openStates = async (page: Page) => {
  await page.getByText('Mira Castellanos').click()
  await page.getByText('My clock is odd').last().waitFor()
}

const sheet = (page: Page) => page.getByRole('dialog').waitFor()
const waiting = (page: Page) => page.getByTestId('waiting').scrollIntoViewIfNeeded()

const screens: readonly Screen[] = [
  { name: 'onboarding', scenario: 'onboarding' },
  { name: 'recover', scenario: 'onboarding', act: (page) => page.getByText('I have 24 recovery words').click() },
  { name: 'unlock', scenario: 'locked' },
  { name: 'welcome', scenario: 'empty', act: (page) => page.getByRole('img', { name: 'QR code' }).waitFor() },
  { name: 'list' },
  { name: 'conversation', act: openFirst },
  { name: 'states', act: openStates },
  {
    name: 'contact',
    act: async (page) => {
      await openFirst(page)
      await page.getByRole('button', { name: 'Details' }).click()
      await page.getByTestId('safety-number').waitFor()
    },
  },
  {
    name: 'menu',
    act: async (page) => {
      await openFirst(page)
      await page.getByText('I can hold it until Sunday.').last().click({ button: 'right' })
      await page.getByRole('menuitem').first().waitFor()
    },
  },
  {
    name: 'emoji',
    act: async (page) => {
      await openFirst(page)
      await page.getByRole('button', { name: 'Emoji' }).click()
      await page.getByRole('gridcell').first().waitFor()
    },
  },
  { name: 'requests', path: '/requests', act: (page) => page.getByTestId('request').first().waitFor() },
  { name: 'settings', path: '/settings', act: (page) => page.getByTestId('settings').waitFor() },
  { name: 'add', path: '/?sheet=add', act: (page) => page.getByRole('img', { name: 'QR code' }).waitFor() },
  { name: 'network', path: '/?sheet=network', act: sheet },
  { name: 'waiting', path: '/?sheet=network', act: waiting },
  { name: 'help', path: '/?sheet=help', act: sheet },
  { name: 'palette', path: '/?sheet=palette', act: sheet },
  { name: 'offline', scenario: 'offline', act: openFirst },
  { name: 'network-none', scenario: 'offline', path: '/?sheet=network', act: waiting },
  { name: 'network-unreachable', scenario: 'unreachable', path: '/?sheet=network', act: waiting },
  { name: 'network-dropbox', scenario: 'dropbox', path: '/?sheet=network', act: waiting },
  { name: 'network-empty', scenario: 'empty', path: '/?sheet=network', act: sheet },
  {
    name: 'away',
    act: async (page) => {
      await page.getByText('Mira Castellanos').click()
      await page.getByTestId('composer').fill('I will be late')
      await page.getByText('Messages are stored for them').waitFor()
    },
  },
  {
    name: 'away-unreachable',
    scenario: 'unreachable',
    act: async (page) => {
      await page.getByText('Maximiliane').click()
      await page.getByTestId('composer').fill('I will be late')
      await page.getByText('no push node is reachable').waitFor()
    },
  },
  {
    name: 'where',
    act: async (page) => {
      await page.getByText('Mira Castellanos').click()
      await page.getByText('with one push node of two').click({ button: 'right' })
      await page.getByRole('menuitem', { name: 'Where it is' }).click()
      await page.getByRole('dialog', { name: 'Your message' }).waitFor()
    },
  },
  {
    name: 'invited',
    act: async (page) => {
      await page.getByText('Chloé Meier').click()
      await page.getByTestId('invited').waitFor()
    },
  },
  {
    name: 'unmet',
    act: async (page) => {
      await page.getByText('New contact').click()
      await page.getByText('not found yet').waitFor()
    },
  },
]

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
    for (const { name, path = '/', scenario = 'lived-in', act } of shown) {
      const id = `${name}-${width}-${theme}`
      // axe is put into the page by us, which the page's own policy would refuse.
      const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, bypassCSP: true })
      const page = await context.newPage()
      page.on('pageerror', (error) => problems.push(`${id}: ${error.message}`))
      page.on('request', (request) => {
        if (!request.url().startsWith(url)) problems.push(`${id}: asks ${request.url()}`)
      })
      await page.emulateMedia({ reducedMotion: 'reduce' })
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
const page = join(tmpdir(), 'parley-look-page')
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
}
