import { createTestClock } from '@parley/adapter-memory'
import { expect, it } from 'vitest'
import { BUNDLE_RETRY_MAX_MS, BUNDLE_RETRY_MIN_MS, BundleRequest } from './bundle-request.ts'

it('[DLV-11] a bundle is asked for again, less and less often, until one came', () => {
  const clock = createTestClock()
  const asked: number[] = []
  const request = new BundleRequest(clock, () => asked.push(clock.now()))
  request.start()
  clock.elapse(300_000)
  const pauses = asked.slice(1).map((at, index) => at - (asked[index] ?? 0))
  expect(pauses[0]).toBe(BUNDLE_RETRY_MIN_MS)
  for (const [index, pause] of pauses.entries()) {
    expect(pause).toBe(Math.min(BUNDLE_RETRY_MAX_MS, BUNDLE_RETRY_MIN_MS * 2 ** index))
  }
  request.stop()
  expect(clock.timers).toBe(0)
  const before = asked.length
  request.start()
  request.start()
  clock.elapse(BUNDLE_RETRY_MIN_MS - 1)
  expect(asked.length).toBe(before + 2)
  request.stop()
  clock.elapse(300_000)
  expect([asked.length, clock.timers]).toEqual([before + 2, 0])
})
