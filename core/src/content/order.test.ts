import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nextTime, orderOf } from './order.ts'
import { times } from './testing/arbitraries.ts'

const orders = times.map((time) => orderOf(time, []))

describe('order', () => {
  it('[ORD-1] is 16 hexadecimal digits of the clock when nothing came before', () => {
    expect(orderOf({ ms: 1_767_225_600_000, counter: 3 }, [])).toBe('019b76daa8000003')
    expect(orderOf({ ms: 0, counter: 0 }, [])).toBe('0000000000000000')
  })

  it('[ORD-1] sorts after every parent, whatever the clock says, and never before the clock', () => {
    fc.assert(
      fc.property(times, fc.array(orders, { maxLength: 8 }), (time, parents) => {
        const order = orderOf(time, parents)
        expect(order).toMatch(/^[0-9a-f]{16}$/)
        expect(order >= orderOf(time, [])).toBe(true)
        for (const parent of parents) expect(order > parent).toBe(true)
      }),
    )
  })

  it('[ORD-1] the furthest clock that is accepted leaves room for every message after it', () => {
    const furthest = orderOf({ ms: 2 ** 47 - 1, counter: 0xffff }, [])
    const child = orderOf({ ms: 0, counter: 0 }, [furthest])
    expect(child > furthest && orderOf({ ms: 0, counter: 0 }, [child]) > child).toBe(true)
    expect(BigInt(`0x${child}`)).toBeLessThan(2n ** 63n + 2n)
  })

  it('[ORD-4] the own clock never stands still and never goes back', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1_000 }), { maxLength: 40 }), (walls) => {
        let last: { ms: number; counter: number } | undefined
        for (const wall of walls) {
          const time = nextTime(wall, last)
          if (last !== undefined) expect(orderOf(time, []) > orderOf(last, [])).toBe(true)
          expect(time.ms).toBeGreaterThanOrEqual(wall)
          last = time
        }
      }),
    )
  })

  it('[ORD-4] a full counter moves on to the next millisecond', () => {
    expect(nextTime(5, { ms: 5, counter: 0xffff })).toEqual({ ms: 6, counter: 0 })
    expect(nextTime(5, undefined)).toEqual({ ms: 5, counter: 0 })
  })
})
