/** What the page feels like in a real Chromium, against a daemon with existing data. */
import { gzipSync } from 'node:zlib'
import { chromium, type Page, type Response } from 'playwright-core'
import { percentile, report, type Daemon } from './daemons.ts'

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const LOADS = 5
const SWITCHES = 40
const TAPS = 20

/** Opens the page of `daemon`, which has at least two conversations, and reports the figures of the web app. */
export async function measurePage(daemon: Daemon): Promise<void> {
  const browser = await launch()
  try {
    const context = await browser.newContext({ viewport: { width: 1_280, height: 800 } })
    const page = await context.newPage()
    await page.goto(`${daemon.url}/?token=${daemon.token}`)
    await page.getByTestId('conversation').first().waitFor()
    await measureLoad(page, daemon)
    await measureSwitch(page)
    await measureTap(page)
  } finally {
    await browser.close()
  }
}

async function measureLoad(page: Page, daemon: Daemon): Promise<void> {
  const { bytes, times } = await loads(page, daemon)
  report('web_first_load_gzip', bytes / 1_000, 'kB', '<= 250')
  report('web_load_to_list_p50', percentile(times, 0.5), 'ms', '<= 1000')
}

/** Loads the page of `daemon`, which has a conversation: its bytes, and milliseconds until the list can be read, sorted. */
export async function measureFirstLoad(daemon: Daemon): Promise<Loads> {
  const browser = await launch()
  try {
    const page = await browser.newPage()
    await page.goto(`${daemon.url}/?token=${daemon.token}`)
    await page.getByTestId('conversation').first().waitFor()
    return await loads(page, daemon)
  } finally {
    await browser.close()
  }
}

interface Loads {
  readonly bytes: number
  readonly times: readonly number[]
}

const launch = () =>
  chromium.launch({ executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium', args: FLAGS })

/** Bytes and time until the list can be read; everything the page asks for until then counts. */
async function loads(page: Page, daemon: Daemon): Promise<Loads> {
  const times: number[] = []
  let bytes = 0
  for (let index = 0; index < LOADS; index++) {
    const bodies: Promise<Buffer>[] = []
    const collect = (response: Response) => {
      // Leaving the page before ends what was still loading: it was not needed for the list.
      if (response.status() === 200) bodies.push(response.body().catch(() => Buffer.alloc(0)))
    }
    page.on('response', collect)
    const startedAt = performance.now()
    await page.goto(daemon.url)
    await page.getByTestId('conversation').first().waitFor()
    times.push(performance.now() - startedAt)
    page.off('response', collect)
    const loaded = await Promise.all(bodies)
    bytes = loaded.reduce((sum, body) => sum + gzipSync(body).length, 0)
  }
  return { bytes, times: times.toSorted((a, b) => a - b) }
}

/** From the click on a conversation to the frame in which its newest message stands. */
async function measureSwitch(page: Page): Promise<void> {
  const times: number[] = []
  for (let index = 0; index < SWITCHES; index++) {
    const ms = await page.evaluate(async (row) => {
      const rows = document.querySelectorAll<HTMLElement>('[data-testid="conversation"]')
      const target = rows[row % 2]
      if (target === undefined) throw new Error('two conversations are needed')
      const name = target.textContent ?? ''
      const shown = () => {
        const timeline = document.querySelector('[data-testid="timeline"]')
        const label = timeline?.getAttribute('aria-label') ?? ''
        const isThis = ['Alice', 'Carol'].some((person) => label.includes(person) && name.includes(person))
        return isThis && (timeline?.querySelectorAll('[data-testid="message"]').length ?? 0) > 0
      }
      const startedAt = performance.now()
      target.click()
      await new Promise<void>((resolve) => {
        const look = () => (shown() ? resolve() : requestAnimationFrame(look))
        requestAnimationFrame(look)
      })
      return performance.now() - startedAt
    }, index)
    times.push(ms)
  }
  times.sort((a, b) => a - b)
  report('web_conversation_switch_p50', percentile(times, 0.5), 'ms', '<= 100')
  report('web_conversation_switch_max', times.at(-1) ?? Number.NaN, 'ms', '<= 100')
}

/** From Enter to the frame in which the own message stands in the timeline. */
async function measureTap(page: Page): Promise<void> {
  const composer = page.getByTestId('composer')
  const times: number[] = []
  for (let index = 0; index < TAPS; index++) {
    const text = `tap ${index} ${Math.round(performance.now())}`
    await composer.fill(text)
    await page.evaluate((wanted) => {
      const state = globalThis as unknown as { tap: Promise<number> }
      state.tap = new Promise((resolve) => {
        addEventListener(
          'keydown',
          () => {
            const startedAt = performance.now()
            const look = () => {
              const tiles = [...document.querySelectorAll('[data-testid="message"]')]
              if (tiles.some((tile) => tile.textContent?.includes(wanted))) resolve(performance.now() - startedAt)
              else requestAnimationFrame(look)
            }
            requestAnimationFrame(look)
          },
          { once: true, capture: true },
        )
      })
    }, text)
    await composer.press('Enter')
    times.push(await page.evaluate(() => (globalThis as unknown as { tap: Promise<number> }).tap))
  }
  times.sort((a, b) => a - b)
  report('web_tap_to_visible_p50', percentile(times, 0.5), 'ms', '<= 50')
  report('web_tap_to_visible_max', times.at(-1) ?? Number.NaN, 'ms', '<= 50')
}
