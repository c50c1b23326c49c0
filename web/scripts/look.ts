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
import { serve } from './serve.ts'

interface Screen {
  readonly name: string
  readonly path?: string
  readonly scenario?: string
  /** Before the page is loaded. */
  readonly prepare?: (page: Page) => Promise<unknown>
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

const openMenu = async (page: Page, text: string, action: string) => {
  await page.getByText(text).last().click({ button: 'right' })
  await page.getByRole('menuitem', { name: action }).click()
  await page.getByRole('alertdialog').waitFor()
}
const openConversationMenu = async (page: Page) => {
  await openFirst(page)
  await page.getByRole('button', { name: 'Conversation', exact: true }).click()
  await page.getByRole('menuitem').first().waitFor()
}
/** The browser was not asked for notifications yet. */
const undecided = (page: Page) =>
  page.addInitScript("Object.defineProperty(Notification, 'permission', { get: () => 'default' })")
const allowed = (page: Page) =>
  page.addInitScript("Object.defineProperty(Notification, 'permission', { get: () => 'granted' })")
/** Something comes while nobody looks. */
const beTold = (page: Page) =>
  page.evaluate(`
    document.hasFocus = () => false
    window.dispatchEvent(new Event('blur'))
    world.addMessage(world.conversations[0], 'them', 'Are you there?')
  `)

const openDetails = async (page: Page) => {
  await openFirst(page)
  await page.getByRole('button', { name: 'Details', exact: true }).click()
  await page.getByTestId('safety-number').waitFor()
}
/** A picture of 900 by 600 pixels, made by the page itself. */
const choosePicture = async (page: Page) => {
  const made: string = await page.evaluate(`(() => {
    const canvas = document.createElement('canvas')
    canvas.width = 900
    canvas.height = 600
    const context = canvas.getContext('2d')
    const light = context.createLinearGradient(0, 0, 900, 600)
    light.addColorStop(0, '#f4b860')
    light.addColorStop(1, '#7a4b8f')
    context.fillStyle = light
    context.fillRect(0, 0, 900, 600)
    context.fillStyle = '#2c1e3a'
    context.beginPath()
    context.arc(450, 250, 110, 0, 7)
    context.ellipse(450, 620, 210, 230, 0, 0, 7)
    context.fill()
    return canvas.toDataURL('image/png').split(',')[1]
  })()`)
  const buffer = Buffer.from(made, 'base64')
  await page.getByTestId('picture-file').setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer })
  await page.getByRole('img', { name: 'The picture that you chose' }).first().waitFor()
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
  { name: 'contact', act: openDetails },
  {
    name: 'contact-history',
    act: async (page) => {
      await openDetails(page)
      await page.getByText('Earlier versions of the profile').click()
      await page.getByText('First version seen here').scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'contact-plain',
    act: async (page) => {
      await page.getByText('يوسف').click()
      await page.getByRole('button', { name: 'Details', exact: true }).click()
      await page.getByTestId('safety-number').waitFor()
    },
  },
  {
    name: 'contact-long',
    act: async (page) => {
      await page.keyboard.press('Control+k')
      await page.getByRole('combobox').fill('Maximiliane')
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: 'Details', exact: true }).click()
      await page.getByTestId('safety-number').waitFor()
    },
  },
  {
    name: 'block',
    act: async (page) => {
      await openDetails(page)
      await page.getByRole('button', { name: 'Block' }).click()
      await page.getByRole('alertdialog').waitFor()
    },
  },
  {
    name: 'find',
    path: '/?sheet=add',
    act: async (page) => {
      await page.getByTestId('paste-invite').fill('QmZbTKmfQXV8RvPqTsDTmAZ3ubgLLkjCDqHkBNBnPBGvXH')
      await page.getByTestId('found').scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'found',
    path: '/?sheet=add',
    act: async (page) => {
      await page.getByTestId('paste-invite').fill('QmZbTKmfQXV8RvPqTsDTmAZ3ubgLLkjCDqHkBNBnPBGvXH')
      await page.getByRole('button', { name: 'Look up their profile' }).click()
      await page.getByTestId('found').getByRole('button', { name: 'Ask for contact' }).scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'unmet-details',
    act: async (page) => {
      await page.getByText('Chloé Meier').click()
      await page.getByRole('button', { name: 'Details', exact: true }).click()
      await page.getByTestId('safety-number').waitFor()
    },
  },
  { name: 'profile', path: '/profile', act: (page) => page.getByText('Saved').waitFor() },
  { name: 'profile-empty', scenario: 'empty', path: '/profile', act: (page) => page.getByText('Saved').waitFor() },
  {
    name: 'profile-changed',
    path: '/profile',
    act: async (page) => {
      await choosePicture(page)
      await page.getByLabel('Handle').fill('robin the second')
      await page.getByRole('radio', { name: 'Everybody' }).check()
      await page.getByText('Something above has to be changed first.').waitFor()
    },
  },
  {
    name: 'profile-public',
    path: '/profile',
    act: async (page) => {
      await choosePicture(page)
      await page.getByRole('radio', { name: 'Everybody' }).check()
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByText('It goes to your contacts').waitFor()
      await page.getByText('IPNS name', { exact: true }).scrollIntoViewIfNeeded()
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
  {
    name: 'settings-attention',
    prepare: allowed,
    act: async (page) => {
      await openConversationMenu(page)
      await page.getByRole('menuitem', { name: 'Mute' }).click()
      await page.goto(new URL('/settings', page.url()).href)
      await page.getByText('Muted conversations').scrollIntoViewIfNeeded()
    },
  },
  {
    name: 'settings-presence',
    path: '/settings',
    act: async (page) => {
      await page.getByText('My contacts', { exact: true }).click()
      await page.getByText('Only contacts that you accepted').scrollIntoViewIfNeeded()
    },
  },
  { name: 'conversation-menu', act: openConversationMenu },
  {
    name: 'clear',
    act: async (page) => {
      await openConversationMenu(page)
      await page.getByRole('menuitem', { name: 'Remove all messages here' }).click()
      await page.getByRole('alertdialog').waitFor()
    },
  },
  {
    name: 'hide',
    act: async (page) => {
      await openFirst(page)
      await openMenu(page, 'I can hold it until Sunday.', 'Remove from this device')
    },
  },
  {
    name: 'ask',
    prepare: undecided,
    act: async (page) => {
      await beTold(page)
      await page.getByTestId('ask-notify').waitFor()
    },
  },
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

/** A face for the CIDs of the pretend people: the pretend node has pictures only of what was chosen in the page. */
const faceOf = (cid: string): string => {
  const hue = [...cid].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 360, 0)
  const tone = (lightness: number, turn: number) => `oklch(${lightness}% 0.09 ${(hue + turn) % 360})`
  return (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">' +
    `<rect width="64" height="64" fill="${tone(80, 0)}"/><circle cx="48" cy="14" r="22" fill="${tone(87, 40)}"/>` +
    `<ellipse cx="32" cy="66" rx="24" ry="22" fill="${tone(45, 180)}"/><circle cx="32" cy="29" r="13" fill="${tone(70, 60)}"/>` +
    `<path d="M18 29a14 14 0 0 1 28 0c-5-1-9-4-11-8-4 5-10 8-17 8Z" fill="${tone(32, 90)}"/></svg>`
  )
}

const answerPictures = (page: Page) =>
  page.route('**/v1/avatars/*', async (route) => {
    const cid = route.request().url().split('/').at(-1) ?? ''
    const known: { readonly mediaType: string; readonly image: string } | null = await page.evaluate(
      `window.world?.profiles.pictures.get(${JSON.stringify(cid)}) ?? null`,
    )
    if (known === null) await route.fulfill({ contentType: 'image/svg+xml', body: faceOf(cid) })
    else await route.fulfill({ contentType: known.mediaType, body: Buffer.from(known.image, 'base64') })
  })

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
