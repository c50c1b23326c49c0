import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import type { Daemon } from './support/daemon.ts'
import { Stage } from './support/stage.ts'
import { inState, lastText, messages, openComposer, pointAt, say } from './support/talk.ts'
import { until } from './support/until.ts'

const HISTORY = 120
const SAME_PLACE_PX = 2

test('a reload keeps the draft, the unread line and the place in the timeline', async () => {
  await using stage = new Stage()
  const { alice, bob, conversation } = await stage.friends()
  await fill(alice, bob, conversation, 'Old')
  await bob.api.call('conversations.read', { conversation })
  await fill(alice, bob, conversation, 'New')
  const { page } = await stage.page(bob, { path: `/c/${conversation}` })

  await page.getByTestId('new-line').waitFor()
  await messages(page, 'New 0').waitFor()
  const unread = await until('what was seen is read, the rest is not', async () => {
    const count = await unreadOf(bob)
    return count > 0 && count < HISTORY && count
  })
  const field = await openComposer(page)
  await field.fill('Half a sentence, and')
  await page.reload()
  await expect.poll(() => field.inputValue()).toBe('Half a sentence, and')
  await page.getByTestId('new-line').waitFor()
  const firstUnread = HISTORY - unread
  const line = page.getByTestId('message').filter({ has: page.getByTestId('new-line') })
  await line.getByText(`New ${firstUnread}`, { exact: true }).waitFor()
  await field.fill('')

  // Everything read, the reader goes back up: that place stays too.
  await page.getByRole('button', { name: /^Jump to the latest/ }).click()
  await messages(page, `New ${HISTORY - 1}`).waitFor()
  await expect.poll(() => unreadOf(bob)).toBe(0)
  await page.getByTestId('timeline').hover()
  await page.mouse.wheel(0, -1_200)
  const before = await place(page)
  await page.reload()
  await messages(page, before.text).waitFor()
  await expect.poll(async () => Math.abs((await topOf(page, before.text)) - before.top)).toBeLessThan(SAME_PLACE_PX)
  expect(await page.getByTestId('new-line').count()).toBe(0)
})

test('two tabs of one node stay in step', async () => {
  await using stage = new Stage()
  const { alice, bob, conversation } = await stage.friends()
  await alice.api.send(conversation, 'Are you coming?')
  await bob.api.received(conversation, 'Are you coming?')
  const first = await stage.page(bob)
  const second = await stage.page(bob, { beside: first })
  await expect.poll(() => second.page.title()).toBe('(1) Parley')

  await first.page.bringToFront()
  await first.page.getByTestId('conversation').click()
  await lastText(first.page, 'Are you coming?')
  await expect.poll(() => second.page.title()).toBe('Parley')
  await second.page.getByTestId('conversation').click()
  await openComposer(second.page)

  await say(first.page, 'On my way')
  await lastText(second.page, 'On my way')
  await inState(second.page, 'On my way', 'delivered')
  await second.page.bringToFront()
  await pointAt(messages(second.page, 'Are you coming?'))
  await second.page.getByRole('button', { name: 'React', exact: true }).click()
  await second.page.getByRole('button', { name: 'React with 👍' }).click()
  await messages(first.page, 'Are you coming?').getByRole('button', { name: '👍 You' }).waitFor()
  expect(await first.page.getByTestId('message').count()).toBe(2)

  await alice.api.send(conversation, 'Good')
  for (const { page } of [first, second]) await lastText(page, 'Good')
})

/** Alice writes HISTORY messages, and Bob has them. */
async function fill(alice: Daemon, bob: Daemon, conversation: string, word: string): Promise<void> {
  await Promise.all(Array.from({ length: HISTORY }, (_, at) => alice.api.send(conversation, `${word} ${at}`)))
  await bob.api.received(conversation, `${word} ${HISTORY - 1}`)
}

async function unreadOf(daemon: Daemon): Promise<number> {
  return (await daemon.api.call('conversations.list', {}))[0]?.unread ?? 0
}

/** A message in the middle of the timeline, and where it is, once the timeline stands still. */
async function place(page: Page): Promise<{ readonly text: string; readonly top: number }> {
  const timeline = page.getByTestId('timeline')
  let last = Number.NaN
  await until('the timeline stands still', async () => {
    const now = await timeline.evaluate((element) => element.scrollTop)
    const isStill = now === last
    last = now
    return isStill
  })
  const box = await timeline.boundingBox()
  const middle = (box?.y ?? 0) + (box?.height ?? 0) / 2
  for (const message of await page.getByTestId('message').all()) {
    const at = await message.locator('[data-bubble]').boundingBox()
    if (at !== null && at.y > middle) return { text: await message.locator('[data-bubble]').innerText(), top: at.y }
  }
  throw new Error('there is no message in view')
}

async function topOf(page: Page, text: string): Promise<number> {
  return (await messages(page, text).locator('[data-bubble]').boundingBox())?.y ?? Number.NaN
}
