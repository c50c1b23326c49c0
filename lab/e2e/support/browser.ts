/** One real Chromium and the pages in it, watched for requests to elsewhere and for errors. */
import { chromium, type BrowserContext, type Page } from 'playwright-core'
import type { Daemon } from './daemon.ts'

const HOSTS = new Set(['127.0.0.1', 'localhost', '[::1]'])
const ACTION_MS = 15_000
const HEIGHT = 800

export interface PageOptions {
  /** CSS pixels; 1280 unless told. */
  readonly width?: number
  readonly isDark?: boolean
  /** Another tab in the same window's session, sharing cookies and storage. */
  readonly beside?: Tab
  /** What stands behind the address, such as `/settings`. */
  readonly path?: string
}

/** One tab with the page of one node. */
export interface Tab {
  readonly name: string
  readonly page: Page
  readonly context: BrowserContext
  /** Requests that left for another machine. */
  readonly foreign: readonly string[]
  /** Errors of the page that nobody expected. */
  readonly problems: readonly string[]
  /** From here on a console message that matches is no problem: the test causes it. */
  expectError(pattern: RegExp): void
}

export interface TestBrowser {
  open(daemon: Daemon, options: PageOptions): Promise<Tab>
  close(): Promise<void>
}

/** Where the Chromium of this run listens, when there is one for all. */
export const BROWSER_ENDPOINT = 'PARLEY_TEST_BROWSER'

export const launchOptions = () => ({
  executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
})

/** Windows of the shared Chromium, or of one of its own; `close` ends what was opened here and nothing else. */
export async function launchBrowser(): Promise<TestBrowser> {
  const endpoint = process.env[BROWSER_ENDPOINT]
  const browser = endpoint === undefined ? await chromium.launch(launchOptions()) : await chromium.connect(endpoint)
  return {
    async open(daemon, { width = 1_280, isDark = false, beside, path = '/' }) {
      const context =
        beside?.context ??
        (await browser.newContext({
          viewport: { width, height: HEIGHT },
          colorScheme: isDark ? 'dark' : 'light',
          locale: 'en-GB',
          permissions: ['clipboard-read', 'clipboard-write'],
        }))
      context.setDefaultTimeout(ACTION_MS)
      const page = await context.newPage()
      const tab = watch(daemon.name, context, page)
      if (beside === undefined) await page.goto(`${daemon.url}/?token=${daemon.token}`)
      if (beside !== undefined || path !== '/') await page.goto(daemon.url + path)
      return tab
    },
    close: () => browser.close(),
  }
}

function watch(name: string, context: BrowserContext, page: Page): Tab {
  const foreign: string[] = []
  const problems: string[] = []
  const expected: RegExp[] = []
  const problem = (text: string): void => {
    if (!expected.some((pattern) => pattern.test(text))) problems.push(text)
  }
  const visit = (url: string): void => {
    const { protocol, hostname } = new URL(url)
    if (protocol !== 'data:' && protocol !== 'blob:' && !HOSTS.has(hostname)) foreign.push(url)
  }
  page.on('request', (request) => visit(request.url()))
  page.on('websocket', (socket) => visit(socket.url()))
  page.on('pageerror', (error) => problem(`${error.name}: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error') problem(message.text())
  })
  return { name, page, context, foreign, problems, expectError: (pattern) => void expected.push(pattern) }
}
