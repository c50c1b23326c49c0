import { KEEPER_DELAY_MAX_MS, KEEPER_DELAY_MIN_MS, KEEPER_STABLE_MS } from '@parley/core'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { after } from './deadline.ts'
import { createKeeper, keeperDelayMs } from './keeper.ts'
import { silentLog } from './testing/networks.ts'

beforeEach(() => void vi.useFakeTimers({ now: 0 }))
afterEach(() => void vi.useRealTimers())

function setUp() {
  const attempts: number[] = []
  const state = { isReachable: true }
  const keeper = createKeeper({
    peers: ['push'],
    ensure: async () => {
      attempts.push(Date.now())
      if (!state.isReachable) throw new Error('not there')
    },
    after,
    random: () => 0,
    log: silentLog,
  })
  return { attempts, state, keeper }
}

describe('the keeper', () => {
  it('[NET-5] tries again for ever, after 0.5 s at first and 15…30 s in the end', async () => {
    const { attempts, state, keeper } = setUp()
    state.isReachable = false
    keeper.start()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(attempts).toEqual([0, 500, 1_500, 3_500, 7_500, 15_500, 30_500, 45_500])
    state.isReachable = true
    await vi.advanceTimersByTimeAsync(600_000)
    expect(attempts).toHaveLength(9)
    keeper.stop()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('[NET-5] starts with the short delay again only after a connection that lasted', async () => {
    const { attempts, keeper } = setUp()
    keeper.start()
    await vi.advanceTimersByTimeAsync(10)
    for (let round = 0; round < 3; round++) {
      keeper.lost('push')
      keeper.lost('push')
      await vi.advanceTimersByTimeAsync(10_000)
    }
    expect(attempts).toEqual([0, 510, 11_010, 22_010])
    await vi.advanceTimersByTimeAsync(KEEPER_STABLE_MS)
    keeper.lost('push')
    keeper.lost('somebody else')
    await vi.advanceTimersByTimeAsync(10_000)
    expect(attempts).toEqual([0, 510, 11_010, 22_010, 60_510])
    keeper.stop()
    keeper.lost('push')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('[NET-5] notices a loss that happens while it is busy', async () => {
    let attempts = 0
    const keeper = createKeeper({
      peers: ['push'],
      ensure: async () => {
        attempts += 1
        if (attempts === 1) keeper.lost('push')
      },
      after,
      random: () => 0,
      log: silentLog,
    })
    keeper.start()
    await vi.advanceTimersByTimeAsync(5_000)
    expect(attempts).toBe(2)
    keeper.stop()
  })

  it('[NET-5] never waits less than KEEPER_DELAY_MIN_MS nor more than KEEPER_DELAY_MAX_MS', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (failures, random) => {
        const delayMs = keeperDelayMs(failures, random)
        expect(delayMs).toBeGreaterThanOrEqual(KEEPER_DELAY_MIN_MS)
        expect(delayMs).toBeLessThanOrEqual(KEEPER_DELAY_MAX_MS)
      }),
    )
  })
})
