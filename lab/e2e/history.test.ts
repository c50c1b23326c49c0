import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import type { Daemon } from './support/daemon.ts'
import { befriend, Stage } from './support/stage.ts'
import { messages, openComposer } from './support/talk.ts'
import { pause, until } from './support/until.ts'
import { startWatching, stopWatching, timeTo } from './support/watcher.ts'

const HISTORY = 10_000
const UNREAD = 400
const AT_ONCE = 100
const FLICKS = 6
const FLICK_STEPS = 20
/** In one frame: about 25,000 px a second. */
const FLICK_STEP_PX = 400
const RUSH_STEP_PX = 4_000
const REST_MS = 300
const FRAME_MS = 16
const SWITCHES = 12
const TAPS = 12
/** Far above what is wanted, so that a busy machine fails nothing; the figures themselves are printed. */
const BOUND_MS = 1_000
/** Tiles touch each other; less than this is rounding. */
const BLANK_PX_MAX = 2

test('a history of 10,000 messages opens at the first unread, scrolls to its beginning and back, and answers at once', async () => {
  await using stage = new Stage()
  const { alice, bob, conversation } = await stage.friends()
  const carol = await stage.daemon('carol', { name: 'Carol' })
  const other = await befriend(carol, bob)
  await carol.api.send(other, 'Something else')
  await fill(alice, conversation, 0, HISTORY - UNREAD)
  await until('Bob has what he read before', () => hasAll(bob, conversation, HISTORY - UNREAD), 60_000)
  await bob.api.call('conversations.read', { conversation })
  await fill(alice, conversation, HISTORY - UNREAD, HISTORY)
  await until('Bob has all of it', () => hasAll(bob, conversation, HISTORY), 60_000)
  await bob.api.received(other, 'Something else')

  const { page } = await stage.page(bob)
  await page
    .getByTestId('conversation')
    .filter({ hasText: 'Alice' })
    .getByText(`${UNREAD} unread`)
    .waitFor({ state: 'attached' })
  await page.getByTestId('conversation').filter({ hasText: 'Alice' }).click()
  const first = page.getByTestId('message').filter({ has: page.getByTestId('new-line') })
  await first.getByText(numbered(HISTORY - UNREAD)).waitFor()
  await expect.poll(async () => Math.round((await distanceFromTop(page)) / 100)).toBe(0)

  await scrollThrough(page)
  await switches(page)
  await taps(page)
})

/** Back and forth as fast as a hand can, watched every frame; then to the very beginning and back to the end. */
async function scrollThrough(page: Page): Promise<void> {
  await page.getByTestId('timeline').hover()
  await startWatching(page)
  for (let flick = 0; flick < FLICKS; flick++) await wheel(page, -FLICK_STEP_PX)
  for (let flick = 0; flick < FLICKS; flick++) await wheel(page, FLICK_STEP_PX)
  const { shift, shifted, blankPx, frames } = await stopWatching(page)
  const wayPx = 2 * FLICKS * FLICK_STEPS * FLICK_STEP_PX
  process.stdout.write(`scrolled ${wayPx} px in ${frames} frames: shift ${shift}, blank ${blankPx} px\n`)
  expect(shift, shifted.join('\n')).toBe(0)
  expect(blankPx).toBeLessThanOrEqual(BLANK_PX_MAX)

  const beginning = page.getByText('This is the beginning of your conversation with Alice.')
  const startedAt = performance.now()
  await until('the beginning is reached', async () => (await wheel(page, -RUSH_STEP_PX), beginning.isVisible()), 60_000)
  process.stdout.write(`rushed to the beginning in ${Math.round(performance.now() - startedAt)} ms\n`)
  await messages(page, numbered(0)).waitFor()
  await page.getByRole('button', { name: /^Jump to the latest/ }).click()
  await messages(page, numbered(HISTORY - 1)).waitFor()
}

/** One flick, and the rest of the hand before the next. */
async function wheel(page: Page, stepPx: number): Promise<void> {
  for (let step = 0; step < FLICK_STEPS; step++) {
    await page.mouse.wheel(0, stepPx)
    await pause(FRAME_MS)
  }
  await pause(REST_MS)
}

async function switches(page: Page): Promise<void> {
  const took: number[] = []
  for (let round = 0; round < SWITCHES; round++) {
    const [name, text] = round % 2 === 0 ? ['Carol', 'Something else'] : ['Alice', `Message ${HISTORY - 1}`]
    const timed = await timeTo(page, 'click', text)
    await page.getByTestId('conversation').filter({ hasText: name }).click()
    took.push(await timed.took)
    await openComposer(page)
  }
  report('conversation switch', took)
}

async function taps(page: Page): Promise<void> {
  const took: number[] = []
  const field = await openComposer(page)
  for (let round = 0; round < TAPS; round++) {
    await field.fill(`Answer ${round}.`)
    const timed = await timeTo(page, 'keydown', `Answer ${round}.`)
    await field.press('Enter')
    took.push(await timed.took)
  }
  report('tap to message visible', took)
}

function report(what: string, tookMs: readonly number[]): void {
  const sorted = [...tookMs].sort((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  const slowest = sorted.at(-1) ?? Number.NaN
  process.stdout.write(`${what}: median ${median.toFixed(1)} ms, slowest ${slowest.toFixed(1)} ms\n`)
  expect(slowest).toBeLessThan(BOUND_MS)
}

/** Short ones, long ones, and some with a list: no two rows are as high. */
function textOf(number: number): string {
  if (number % 7 === 3) return `Message ${number}\n\n${'A longer thought about it. '.repeat(1 + (number % 11))}`
  if (number % 13 === 5) return `Message ${number}\n- first\n- second`
  return `Message ${number}`
}
const numbered = (number: number): RegExp => new RegExp(`^Message ${number}\\b`)

async function fill(daemon: Daemon, conversation: string, from: number, to: number): Promise<void> {
  let next = from
  const worker = async (): Promise<void> => {
    while (next < to) await daemon.api.send(conversation, textOf(next++))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

async function hasAll(daemon: Daemon, conversation: string, count: number): Promise<boolean> {
  const { messages: newest } = await daemon.api.call('messages.page', { conversation, limit: AT_ONCE })
  const isThere = newest.some(({ content }) => content.type === 'text' && content.text === textOf(count - 1))
  return isThere && (await daemon.api.call('conversations.list', {})).every(({ typing }) => typing.length === 0)
}

async function distanceFromTop(page: Page): Promise<number> {
  const [timeline, line] = await Promise.all([
    page.getByTestId('timeline').boundingBox(),
    page.getByTestId('new-line').boundingBox(),
  ])
  return (line?.y ?? Number.NaN) - (timeline?.y ?? 0)
}
