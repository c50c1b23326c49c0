import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { knowMany } from './support/crowd.ts'
import { askBeside, countStreams, keepSockets } from './support/page-socket.ts'
import { Stage } from './support/stage.ts'
import { pause } from './support/until.ts'
import { startWatching, stopWatching } from './support/watcher.ts'

const HEADS = 500
const FLICKS = 4
const FLICK_STEPS = 20
/** In one frame: about 25,000 px a second. */
const FLICK_STEP_PX = 420
const REST_MS = 300
const FRAME_MS = 16
const ASK_EVERY_MS = 20
const ANSWER_MS = 15_000
const FILL_MS = 500_000

test(
  '500 heads scroll without a shift, and nothing else that is asked over the same socket is dropped',
  async () => {
    await using stage = new Stage()
    const data = join(stage.folder, 'alice')
    const startedAt = performance.now()
    await knowMany(data, 'Alice', HEADS)
    process.stdout.write(`met ${HEADS} people in ${Math.round((performance.now() - startedAt) / 1_000)} s\n`)
    const alice = await stage.daemon('alice', { data })
    const tab = await stage.page(alice)
    const { page } = tab
    await keepSockets(page)
    const streams = countStreams(page, 'profiles.fetch')
    await page.goto(alice.url)
    await expect.poll(() => page.title()).toBe(`(${HEADS}) Parley`)
    await page.getByText(/unread below$/).waitFor()
    await seeHeads(page)

    const [first] = await alice.api.call('conversations.list', {})
    const asking = await askBeside(
      page,
      [
        { call: 'me.get', params: {} },
        { call: 'messages.page', params: { conversation: first?.id } },
        { call: 'network.get', params: {} },
        { call: 'messages.page', params: { conversation: first?.id, limit: 1 } },
      ],
      ASK_EVERY_MS,
    )
    await startWatching(page)
    const intervals = await scrollThrough(page)
    const { shift, shifted } = await stopWatching(page)
    const { asked, tookMs, problems, closed } = await asking.end(ANSWER_MS)

    const medianMs = percentile(intervals, 0.5)
    process.stdout.write(
      `scrolled ${HEADS} heads in ${intervals.length} frames: median ${(1_000 / medianMs).toFixed(1)} fps, ` +
        `99 of 100 frames within ${percentile(intervals, 0.99).toFixed(1)} ms, shift ${shift}; asked ${asked} beside it: ` +
        `median ${percentile(tookMs, 0.5).toFixed(1)} ms, slowest ${percentile(tookMs, 1).toFixed(1)} ms\n`,
    )
    expect(shift, shifted.join('\n')).toBe(0)
    expect(closed).toBe('')
    expect(asked).toBeGreaterThan(0)
    expect(tookMs).toHaveLength(asked)
    expect(problems).toBe(0)

    await seeHeads(page)
    await expect.poll(() => streams().begun).toBeGreaterThan(0)
    process.stdout.write(`profiles were asked for ${streams().begun} times, at most ${streams().atOnceMax} at once\n`)
    expect(streams().atOnceMax).toBe(1)
  },
  FILL_MS,
)

/** Down and up again as fast as a hand can. @returns the time between frames, in ms, while the list moved. */
async function scrollThrough(page: Page): Promise<readonly number[]> {
  await page.getByTestId('conversation').nth(3).hover()
  const intervals: number[] = []
  for (const direction of [1, -1, 1]) {
    for (let flick = 0; flick < FLICKS; flick++) {
      await page.evaluate(() => {
        const state = { intervals: new Array<number>(), last: 0, isOver: false }
        Object.assign(window, { frames: state })
        const look = (now: number): void => {
          if (state.isOver) return
          if (state.last > 0) state.intervals.push(now - state.last)
          state.last = now
          requestAnimationFrame(look)
        }
        requestAnimationFrame(look)
      })
      for (let step = 0; step < FLICK_STEPS; step++) {
        await page.mouse.wheel(0, direction * FLICK_STEP_PX)
        await pause(FRAME_MS)
      }
      intervals.push(
        ...(await page.evaluate(() => {
          const { frames } = window as unknown as { frames: { intervals: number[]; isOver: boolean } }
          frames.isOver = true
          return frames.intervals
        })),
      )
      await pause(REST_MS)
    }
  }
  return intervals
}

/** Everybody who can be seen has a picture, a handle and a place. */
async function seeHeads(page: Page): Promise<void> {
  await expect
    .poll(
      () =>
        page.evaluate(() => {
          const rows = [...document.querySelectorAll('[data-testid="conversation"]')].filter((row) => {
            const { top, bottom } = row.getBoundingClientRect()
            return top >= 0 && bottom <= innerHeight
          })
          const isWhole = (row: Element): boolean => {
            const image = row.querySelector('img')
            const text = row.textContent
            return image !== null && image.complete && image.naturalWidth > 0 && text.includes('@person')
          }
          return rows.length > 5 && rows.every(isWhole)
        }),
      { timeout: 15_000 },
    )
    .toBe(true)
}

function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}
