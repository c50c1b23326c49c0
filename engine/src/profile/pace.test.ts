import { createTestClock } from '@parley/adapter-memory'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Pace } from './pace.ts'

describe('pace', () => {
  it('[PFX-4] [PRS-3] whatever the wishes, it runs one at a time, no more than its pace, and after the last of them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(400), { maxLength: 60 }),
        fc.integer({ min: 1, max: 5 }),
        async (gaps, burst) => {
          const clock = createTestClock()
          const runs: number[] = []
          let running = 0
          let wishedAt = -1
          const pace = new Pace({
            clock,
            burst,
            pauseMs: 100,
            run: async () => {
              expect(++running).toBe(1)
              runs.push(clock.now())
              await Promise.resolve()
              running--
            },
            failed: (error) => expect.unreachable(String(error)),
          })
          for (const gap of gaps) {
            await clock.run(gap)
            wishedAt = clock.now()
            pace.wish()
          }
          await clock.run(10_000)
          if (gaps.length > 0) expect(runs.at(-1)).toBeGreaterThanOrEqual(wishedAt)
          expect(runs.length).toBeLessThanOrEqual(gaps.length)
          const span = (runs.at(-1) ?? 0) - (runs[0] ?? 0)
          expect(runs.length).toBeLessThanOrEqual(burst + span / 100 + 1)
          pace.stop()
        },
      ),
      { numRuns: 60 },
    )
  })

  it('[PFX-4] stopped, it runs no more and leaves no timer behind', async () => {
    const clock = createTestClock()
    let runs = 0
    const pace = new Pace({ clock, burst: 1, pauseMs: 100, run: async () => void runs++, failed: () => undefined })
    pace.wish()
    pace.wish()
    pace.stop()
    pace.wish()
    await clock.run(1_000)
    expect(runs).toBe(1)
  })
})
