import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  NEVER_TRIED,
  PUNCH_PAUSE_MS,
  PUNCH_RETRIES_MAX,
  PUNCH_RETRY_MS,
  PUNCH_STABLE_MS,
  failed,
  lost,
  retryAfter,
  retryWithReasonAfter,
  succeeded,
} from './policy.ts'

describe('when to look for a direct path', () => {
  it('[NET-24] at once at first; after failures later and later, and then only with a reason', () => {
    expect(retryAfter(NEVER_TRIED, 5)).toBe(0)
    let state = NEVER_TRIED
    const waits: (number | undefined)[] = []
    for (let tries = 0; tries <= PUNCH_RETRIES_MAX; tries++) {
      state = failed(state, 1_000)
      waits.push(retryAfter(state, 1_000))
    }
    expect(waits).toEqual([PUNCH_RETRY_MS, 4 * PUNCH_RETRY_MS, 16 * PUNCH_RETRY_MS, undefined])
    expect(retryWithReasonAfter(state, 1_000)).toBe(PUNCH_PAUSE_MS)
    expect(retryWithReasonAfter(state, 1_000 + 2 * PUNCH_PAUSE_MS)).toBe(0)
  })

  it('[NET-24] a path that lasted starts anew, one that did not counts as a failure', () => {
    const direct = succeeded(failed(NEVER_TRIED, 0), 1_000)
    expect(lost(direct, 1_000 + PUNCH_STABLE_MS)).toEqual(NEVER_TRIED)
    expect(lost(direct, 1_000 + PUNCH_STABLE_MS - 1).failures).toBe(2)
    expect(lost(NEVER_TRIED, 5)).toEqual(NEVER_TRIED)
  })

  it('[NET-24] whatever happens, no more than one try in PUNCH_PAUSE_MS for ever, beside the first few', () => {
    const reasons = fc.array(fc.nat(20_000), { minLength: 50, maxLength: 200 })
    fc.assert(
      fc.property(reasons, (pauses) => {
        let state = NEVER_TRIED
        let now = 0
        let tries = 0
        for (const pause of pauses) {
          now += pause
          // there is a reason all the time, and every try fails
          if (retryWithReasonAfter(state, now) > 0) continue
          state = failed(state, now)
          tries += 1
        }
        expect(tries).toBeLessThanOrEqual(PUNCH_RETRIES_MAX + 1 + now / PUNCH_PAUSE_MS)
      }),
    )
  })
})
