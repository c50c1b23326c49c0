import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Timeline } from './timeline.ts'

describe('the timeline', () => {
  it('runs events by time, then in the order in which they were scheduled, but for cancelled ones', () => {
    const delays = fc.array(fc.record({ delayMs: fc.integer({ min: 0, max: 20 }), isCancelled: fc.boolean() }), {
      maxLength: 60,
    })
    fc.assert(
      fc.property(delays, (events) => {
        const timeline = new Timeline()
        const ran: number[] = []
        events.forEach(({ delayMs, isCancelled }, index) => {
          const cancel = timeline.after(delayMs, () => ran.push(index))
          if (isCancelled) cancel()
        })
        const expected = events
          .map(({ delayMs, isCancelled }, index) => ({ delayMs, isCancelled, index }))
          .filter(({ isCancelled }) => !isCancelled)
          .toSorted((a, b) => a.delayMs - b.delayMs || a.index - b.index)
          .map(({ index }) => index)
        expect(timeline.size).toBe(expected.length)
        while (timeline.step());
        expect(ran).toEqual(expected)
        expect([timeline.size, timeline.nextAtMs()]).toEqual([0, undefined])
      }),
    )
  })

  it('goes on from an event that schedules another', () => {
    const timeline = new Timeline()
    const times: number[] = []
    const again = (): void => {
      times.push(timeline.nowMs)
      if (times.length < 3) timeline.after(5, again)
    }
    timeline.after(10, again)
    while (timeline.step());
    expect(times).toEqual([10, 15, 20])
  })

  it('does not mind a cancel that comes too late', () => {
    const timeline = new Timeline()
    const cancel = timeline.after(1, () => undefined)
    timeline.step()
    cancel()
    cancel()
    expect(timeline.size).toBe(0)
  })
})
