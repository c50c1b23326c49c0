import { describe, expect, it } from 'vitest'
import { Slots } from './slots.ts'

const never = (): AbortSignal => new AbortController().signal

describe('slots', () => {
  it('[BLK-9] let in so many at once, the others in their order, and forget who gave up', async () => {
    const slots = new Slots(2)
    const begun: number[] = []
    const gates = Array.from({ length: 5 }, () => Promise.withResolvers<void>())
    const givesUp = new AbortController()
    const reason = new Error('no longer wanted')
    const runs = gates.map(({ promise }, index) =>
      slots.run(index === 2 ? givesUp.signal : never(), () => {
        begun.push(index)
        return promise
      }),
    )
    expect(begun).toEqual([0, 1])
    givesUp.abort(reason)
    await expect(runs[2]).rejects.toBe(reason)
    gates[1]?.reject(new Error('failed'))
    await expect(runs[1]).rejects.toThrow('failed')
    expect(begun).toEqual([0, 1, 3])
    for (const { resolve } of gates) resolve()
    await Promise.all([runs[0], runs[3], runs[4]])
    expect(begun).toEqual([0, 1, 3, 4])
    await slots.run(never(), async () => void begun.push(5))
    expect(begun.at(-1)).toBe(5)
  })
})
