import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import type { Daemon } from './support/daemon.ts'
import { giveName } from './support/onboard.ts'
import { befriend, Stage } from './support/stage.ts'
import { lastText, messages, openComposer } from './support/talk.ts'
import { until } from './support/until.ts'

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
const WIDTHS_PX = [1_280, 390, 320]

for (const isDark of [false, true]) {
  test(`every main screen is free of serious barriers at every width, ${isDark ? 'dark' : 'light'}`, async () => {
    await using stage = new Stage()
    const newcomer = await stage.daemon('newcomer')
    const { page: onboarding } = await stage.page(newcomer, { isDark })
    await onboarding.getByTestId('onboarding').waitFor()
    await assertOpenToAll(onboarding, 'onboarding')
    await giveName(onboarding, 'Nora')
    const answer = onboarding.getByRole('button', { name: 'Only this computer' })
    await answer.waitFor()
    await assertOpenToAll(onboarding, 'who may connect')
    await answer.click()
    await onboarding.getByRole('img', { name: 'QR code of your invite link' }).waitFor()
    await assertOpenToAll(onboarding, 'welcome')
    await onboarding.close()

    const { alice, bob, conversation } = await stage.friends()
    await furnish(alice, bob, newcomer, conversation)
    const { page } = await stage.page(alice, { isDark, path: `/c/${conversation}` })
    await messages(page, 'Is it still there?').waitFor()
    await assertOpenToAll(page, 'list and timeline')
    const screens = [
      [`/c/${conversation}/details`, page.getByTestId('contact').getByText('Safety number').first()],
      ['/requests', page.getByTestId('request')],
      ['/settings', page.getByRole('switch', { name: 'Typing' })],
      [`/c/${conversation}?sheet=add`, page.getByRole('dialog').getByTestId('invite-link')],
      [`/c/${conversation}?sheet=network`, page.getByRole('dialog').getByTestId('waiting')],
      [`/c/${conversation}?sheet=help`, page.getByRole('dialog', { name: 'Keyboard shortcuts' })],
    ] as const
    for (const [path, mark] of screens) {
      await page.goto(alice.url + path)
      await mark.waitFor()
      await assertOpenToAll(page, path)
    }
    await bob.stop()
    await alice.api.send(conversation, 'Are you there?')
    await page.goto(`${alice.url}/c/${conversation}?sheet=network`)
    await page.getByTestId('waiting').getByText('Only on this device').waitFor()
    await assertOpenToAll(page, 'what waits')
  })

  test(`who may connect, push nodes and invites of others are open to all as well, ${isDark ? 'dark' : 'light'}`, async () => {
    await using stage = new Stage()
    const [alice, bob, pushNode] = await Promise.all([
      stage.daemon('alice', { name: 'Alice' }),
      stage.daemon('bob', { name: 'Bob' }),
      stage.pushNode(),
    ])
    await alice.api.call('pushNodes.add', { address: pushNode.address })
    const { page } = await stage.page(alice, { isDark })
    await page.getByTestId('ask-reach').waitFor()
    await assertOpenToAll(page, 'the question who may connect')
    await page.goto(`${alice.url}/?sheet=network`)
    const node = page.getByRole('dialog').getByTestId('push-node')
    await node.getByRole('button', { name: /^Test / }).click()
    await node.getByText('It answers').waitFor()
    await assertOpenToAll(page, 'a push node that was tried')
    await node.getByRole('button', { name: /^Remove / }).click()
    await page.getByRole('alertdialog').waitFor()
    await assertOpenToAll(page, 'removing a push node')
    const { link } = await bob.api.call('invites.create', {})
    await page.goto(`${alice.url}/?sheet=add`)
    await page.getByRole('dialog').getByTestId('paste-invite').fill(link)
    await page.getByRole('dialog').getByTestId('invite-preview').waitFor()
    await assertOpenToAll(page, 'the preview of an invite')
  })
}

test('with the keyboard alone one switches conversation, writes, replies, reacts, opens the palette and closes it', async () => {
  await using stage = new Stage()
  const { alice, bob, conversation } = await stage.friends()
  const carol = await stage.daemon('carol', { name: 'Carol' })
  const withCarol = await befriend(alice, carol)
  await bob.api.send(conversation, 'Shall we?')
  await alice.api.received(conversation, 'Shall we?')
  await carol.api.send(withCarol, 'Hello')
  await alice.api.received(withCarol, 'Hello')
  const { page } = await stage.page(alice)
  await page.getByTestId('conversation').nth(1).waitFor()
  const press = (key: string): Promise<void> => page.keyboard.press(key)

  await press('Alt+ArrowDown')
  await page.getByRole('heading', { name: 'Carol' }).waitFor()
  await press('Alt+ArrowDown')
  await page.getByRole('heading', { name: 'Bob' }).waitFor()
  await lastText(page, 'Shall we?')
  await page.keyboard.type('We **shall**')
  await press('Enter')
  await bob.api.received(conversation, 'We **shall**')
  await lastText(page, 'shall')

  await tabUntil(page, 'the newest message', '[data-testid="message"]', 'Shift+Tab')
  await press('ArrowUp')
  await press('r')
  await page.getByTestId('composer-strip').getByText('Reply to Bob').waitFor()
  await page.keyboard.type('When?')
  await press('Enter')
  await bob.api.received(conversation, 'When?')
  await tabUntil(page, 'the newest message', '[data-testid="message"]', 'Shift+Tab')
  await press('e')
  await page.getByRole('dialog', { name: 'React' }).waitFor()
  await press('Enter')
  await until('the reaction is there', async () => {
    return (await alice.api.history(conversation)).some(({ reactions }) => reactions.length === 1)
  })

  await press('Control+k')
  await page.getByRole('combobox', { name: 'Jump to' }).waitFor()
  await press('Escape')
  await page.getByRole('combobox', { name: 'Jump to' }).waitFor({ state: 'detached' })
  await press('Control+k')
  await page.keyboard.type('Carol')
  await press('Enter')
  await page.waitForURL(`**/c/${withCarol}`)
  await page.keyboard.type('Back again')
  expect(await (await openComposer(page)).inputValue()).toBe('Back again')
})

/** Something of everything that a screen can show. */
async function furnish(alice: Daemon, bob: Daemon, stranger: Daemon, conversation: string): Promise<void> {
  const { id } = await bob.api.send(conversation, 'Is the **lens** still [there](https://example.org)?\n- yes\n- no')
  const answer = await bob.api.call('messages.send', { conversation, text: 'Is it still there?', replyTo: id })
  await alice.api.received(conversation, 'Is it still there?')
  await alice.api.call('messages.react', { conversation, message: answer.id, emoji: '👍', isOn: true })
  const mine = await alice.api.send(conversation, 'Not this')
  await alice.api.call('messages.delete', { conversation, message: mine.id })
  await alice.api.send(conversation, 'It is')
  const { link } = await alice.api.call('invites.create', {})
  await stranger.api.call('contacts.add', { link, text: 'May I?' })
  await until('the request arrives', async () => (await alice.api.call('requests.list', {})).length === 1)
}

/** Presses `key` until the focus is on what `selector` names; never more often than there are things on a page. */
async function tabUntil(page: Page, what: string, selector: string, key: string): Promise<void> {
  for (let presses = 0; presses < 30; presses++) {
    await page.keyboard.press(key)
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) === true, selector)) return
  }
  throw new Error(`the keyboard does not reach ${what}`)
}

interface Violation {
  readonly id: string
  readonly impact: string
  readonly nodes: readonly { readonly html: string }[]
}

/** No serious finding of axe, and nothing beside the edge, at any width. */
async function assertOpenToAll(page: Page, screen: string): Promise<void> {
  const height = page.viewportSize()?.height ?? 800
  for (const width of WIDTHS_PX) {
    await page.setViewportSize({ width, height })
    const beyond = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    )
    expect(beyond, `${screen} at ${width} px is too wide`).toBeLessThanOrEqual(0)
    if (width !== 320) expect(await seriousOn(page), `${screen} at ${width} px`).toEqual([])
  }
  await page.setViewportSize({ width: WIDTHS_PX[0] ?? 1_280, height })
}

/** Serious findings of axe on what the page shows now. */
async function seriousOn(page: Page): Promise<readonly string[]> {
  await page.evaluate(() =>
    Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => {}))),
  )
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate<{ readonly violations: readonly Violation[] }>(
    `axe.run(document, { runOnly: ${JSON.stringify(RULES)} })`,
  )
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}
