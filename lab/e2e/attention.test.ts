import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import type { Daemon } from './support/daemon.ts'
import { Stage } from './support/stage.ts'
import { lastText, messages, openComposer } from './support/talk.ts'
import type { Tab } from './support/browser.ts'

test('what arrives while nobody looks is told once, as much of it as is wanted, until it is read here or elsewhere', async () => {
  await using stage = new Stage()
  const { alice, bob, conversation } = await stage.friends()
  const first = await openPage(stage, bob)
  const second = await openPage(stage, bob, first)
  await turnAway(second.page)
  await turnAway(first.page)

  await alice.api.send(conversation, 'Is the **table** still there?')
  await expect.poll(() => first.page.title()).toBe('(1) Parley')
  await expect.poll(() => standing(first, second)).toEqual(['\u2068Alice\u2069: Is the table still there?'])
  await expect.poll(() => badge(first, second)).toBe(1)
  await alice.api.send(conversation, 'Hello?')
  await expect.poll(() => standing(first, second)).toEqual(['\u2068Alice\u2069 · 2 new: Hello?'])
  expect((await notesOf(first.page)).length * (await notesOf(second.page)).length).toBe(0)

  await bob.api.call('conversations.read', { conversation })
  await expect.poll(() => standing(first, second)).toEqual([])
  await expect.poll(() => first.page.title()).toBe('Parley')
  await expect.poll(() => badge(first, second)).toBe(0)

  await show(first.page, 'Name only')
  await alice.api.send(conversation, 'Nobody else should read this')
  await expect.poll(() => standing(first, second)).toEqual(['\u2068Alice\u2069: New message'])
  await show(first.page, 'Nothing')
  await alice.api.send(conversation, 'Nor know who wrote')
  await expect.poll(() => standing(first, second)).toEqual(['Parley: New message'])
})

test('a notification opens the message that it told of, and goes when the message is looked at', async () => {
  await using stage = new Stage()
  const { alice, bob, conversation } = await stage.friends()
  const tab = await openPage(stage, bob)
  await turnAway(tab.page)
  await alice.api.send(conversation, 'Look at this')
  await expect.poll(() => standing(tab)).toHaveLength(1)
  await tab.page.evaluate(() => {
    const { notes } = window as unknown as Recorded
    notes.at(-1)?.native.dispatchEvent(new Event('click'))
  })
  await messages(tab.page, 'Look at this').waitFor()
  await turnBack(tab.page)
  await expect.poll(() => tab.page.title()).toBe('Alice · Parley')
  await expect.poll(() => standing(tab)).toEqual([])
})

test('nobody is told of who is muted; the page asks once, and only when something came', async () => {
  await using stage = new Stage()
  const { alice, bob, conversation } = await stage.friends()
  const tab = await openPage(stage, bob, undefined, false)
  const { page } = tab
  expect(await page.getByTestId('ask-notify').count()).toBe(0)
  await turnAway(page)
  await alice.api.send(conversation, 'One')
  await page.getByTestId('ask-notify').waitFor()
  await turnBack(page)
  await page.context().grantPermissions(['notifications'])
  await page.getByRole('button', { name: 'Tell me' }).click()
  await expect.poll(() => page.getByTestId('ask-notify').count()).toBe(0)

  await page.getByTestId('conversation').click()
  await lastText(page, 'One')
  await page.getByRole('button', { name: 'Conversation', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Mute' }).click()
  await turnAway(page)
  await alice.api.send(conversation, 'Two')
  await page.getByTestId('conversation').getByText('1 unread').waitFor({ state: 'attached' })
  expect(await page.title()).toBe('Alice · Parley')
  await turnBack(page)
  await page.getByRole('button', { name: 'Conversation', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Unmute' }).click()
  await turnAway(page)
  await alice.api.send(conversation, 'Three')
  await expect.poll(() => standing(tab)).toHaveLength(1)
  expect(await notesOf(page)).toHaveLength(1)
})

test('what is removed from this device is gone here, in the other tab too, and stays with the other person', async () => {
  await using stage = new Stage()
  const { alice, bob, conversation } = await stage.friends()
  await alice.api.send(conversation, 'Keep')
  await alice.api.send(conversation, 'Remove')
  await bob.api.received(conversation, 'Remove')
  const first = await stage.page(bob, { path: `/c/${conversation}` })
  const second = await stage.page(bob, { beside: first, path: `/c/${conversation}` })
  const { page } = first
  await openComposer(page)
  await lastText(second.page, 'Remove')
  await (await lastText(page, 'Remove')).locator('[data-bubble]').click({ button: 'right' })
  await page.getByRole('menuitem', { name: 'Remove from this device' }).click()
  await page.getByRole('alertdialog').getByText('Alice keeps it and is not told').waitFor()
  await page.getByRole('button', { name: 'Remove', exact: true }).click()
  for (const each of [first, second]) await lastText(each.page, 'Keep')

  await page.getByRole('button', { name: 'Conversation', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Remove all messages here' }).click()
  await page.getByRole('button', { name: 'Remove', exact: true }).click()
  for (const each of [first, second]) await expect.poll(() => each.page.getByTestId('message').count()).toBe(0)
  expect(await alice.api.texts(conversation)).toEqual(['Keep', 'Remove'])
  await alice.api.send(conversation, 'Anew')
  await lastText(page, 'Anew')
})

test('the page can be installed: its manifest and icons come from the node, under its policy', async () => {
  await using stage = new Stage()
  const alice = await stage.daemon('alice', { name: 'Alice' })
  const { page, context } = await stage.page(alice)
  const devtools = await context.newCDPSession(page)
  const { url, data = '', errors } = await devtools.send('Page.getAppManifest')
  expect(errors).toEqual([])
  expect(url).toBe(`${alice.url}/manifest.webmanifest`)
  expect(JSON.parse(data)).toMatchObject({ name: 'Parley', display: 'standalone', start_url: '/' })
  const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors')
  // A window without a profile of its own cannot install anything, whatever the page.
  expect(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito')).toEqual([])
})

interface Recorded {
  readonly notes: {
    readonly title: string
    readonly body: string
    readonly isSilent: boolean
    isOpen: boolean
    readonly native: Notification
  }[]
  readonly badges: { readonly count: number; readonly at: number }[]
}

/** A page whose notifications and badge are real, and are written down as well. */
async function openPage(stage: Stage, daemon: Daemon, beside?: Tab, isAllowed = true): Promise<Tab> {
  const tab = beside ?? (await stage.page(daemon))
  if (beside === undefined) {
    if (isAllowed) await tab.context.grantPermissions(['notifications', 'clipboard-read', 'clipboard-write'])
    await tab.context.addInitScript(recorder)
    if (!isAllowed) await tab.context.addInitScript(undecided)
    await tab.page.goto(daemon.url)
    await tab.page.getByTestId('conversation').waitFor()
    return tab
  }
  const other = await stage.page(daemon, { beside: tab })
  await other.page.getByTestId('conversation').waitFor()
  return other
}

const recorder = `
  window.notes = []
  window.badges = []
  window.Notification = class extends Notification {
    constructor(title, options) {
      super(title, options)
      for (const note of window.notes) if (note.tag === options.tag) note.isOpen = false
      const { body, tag, silent } = options
      this.note = { title, body, tag, isSilent: silent, isOpen: true, native: this }
      window.notes.push(this.note)
    }
    close() {
      this.note.isOpen = false
      super.close()
    }
  }
  const set = navigator.setAppBadge.bind(navigator)
  const clear = navigator.clearAppBadge.bind(navigator)
  navigator.setAppBadge = (count) => { window.badges.push({ count, at: Date.now() }); return set(count) }
  navigator.clearAppBadge = () => { window.badges.push({ count: 0, at: Date.now() }); return clear() }
`

/** As in a browser that nobody has asked yet; once the permission is there, as it is. */
const undecided = `
  Object.defineProperty(window.Notification, 'permission', {
    get: () => {
      const { permission } = Object.getPrototypeOf(window.Notification)
      return permission === 'granted' ? 'granted' : 'default'
    },
  })
`

/** Nobody looks at this tab. A page in a browser without a window always believes that it has the focus. */
const turnAway = (page: Page): Promise<void> =>
  page.evaluate(() => {
    document.hasFocus = () => false
    window.dispatchEvent(new Event('blur'))
  })

const turnBack = (page: Page): Promise<void> =>
  page.evaluate(() => {
    document.hasFocus = () => true
    window.dispatchEvent(new Event('focus'))
  })

const notesOf = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() => (window as unknown as Recorded).notes.map(({ title, body }) => `${title}: ${body}`))

/** What stands on the desktop now, by all of these tabs. */
async function standing(...tabs: readonly Tab[]): Promise<readonly string[]> {
  const each = tabs.map(({ page }) =>
    page.evaluate(() =>
      (window as unknown as Recorded).notes
        .filter(({ isOpen, isSilent }) => isOpen && isSilent)
        .map(({ title, body }) => `${title}: ${body}`),
    ),
  )
  return (await Promise.all(each)).flat()
}

/** The number that was put at the icon last, by whichever tab. */
async function badge(...tabs: readonly Tab[]): Promise<number | undefined> {
  const each = tabs.map(({ page }) => page.evaluate(() => (window as unknown as Recorded).badges))
  return (await Promise.all(each))
    .flat()
    .reduce((last, next) => (next.at >= last.at ? next : last), { count: -1, at: 0 }).count
}

/** Chooses what notifications show, in the settings, and turns away again. */
async function show(page: Page, choice: string): Promise<void> {
  await page.getByRole('button', { name: 'Settings', exact: true }).click()
  await page.getByTestId('settings').getByText(choice, { exact: true }).click()
  await turnAway(page)
}
