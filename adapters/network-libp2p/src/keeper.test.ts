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
  it('[NET-16] keeps who is added from then on, and lets go who is removed', async () => {
    const { attempts, state, keeper } = setUp()
    keeper.add('early')
    expect(attempts).toEqual([])
    keeper.start()
    await vi.advanceTimersByTimeAsync(0)
    expect(attempts).toHaveLength(2)
    state.isReachable = false
    keeper.add('late')
    keeper.add('late')
    await vi.advanceTimersByTimeAsync(0)
    expect(attempts).toHaveLength(3)
    keeper.remove('late')
    keeper.remove('nobody')
    keeper.lost('late')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(attempts).toHaveLength(3)
    keeper.stop()
    keeper.add('too late')
    expect(attempts).toHaveLength(3)
    expect(vi.getTimerCount()).toBe(0)
  })

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
    expect(attempts).toEqual([0, 10, 11_010, 22_010])
    await vi.advanceTimersByTimeAsync(KEEPER_STABLE_MS)
    keeper.lost('push')
    keeper.lost('somebody else')
    await vi.advanceTimersByTimeAsync(10_000)
    expect(attempts).toEqual([0, 10, 11_010, 22_010, 60_010])
    keeper.stop()
    keeper.lost('push')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('[NET-32] begins anew at once when the network is another one, whatever it waits for', async () => {
    const signals: AbortSignal[] = []
    const state = { isSilent: false }
    const keeper = createKeeper({
      peers: ['push'],
      ensure: (_peer, signal) => {
        signals.push(signal)
        if (!state.isSilent) return Promise.reject(new Error('not there'))
        return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))))
      },
      after,
      random: () => 0,
      log: silentLog,
    })
    keeper.start()
    await vi.advanceTimersByTimeAsync(40_000)
    const before = signals.length
    keeper.hurry()
    await vi.advanceTimersByTimeAsync(500)
    expect(signals.length).toBe(before + 2)
    state.isSilent = true
    await vi.advanceTimersByTimeAsync(2_000)
    const silent = signals.length
    keeper.hurry()
    await vi.advanceTimersByTimeAsync(0)
    expect(signals.at(-2)?.aborted).toBe(true)
    expect(signals.length).toBe(silent + 1)
    keeper.stop()
    expect(signals.at(-1)?.aborted).toBe(true)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(signals.length).toBe(silent + 1)
    expect(vi.getTimerCount()).toBe(0)
    keeper.hurry()
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
