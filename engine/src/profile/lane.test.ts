import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Lane, PRIORITIES, type Priority } from './lane.ts'

const settle = async () => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

describe('lane', () => {
  it('[PFX-12] every wish runs exactly once unless it was taken back, and never more than fits', async () => {
    const step = fc.oneof(
      fc.record({ type: fc.constant('add' as const), wish: fc.nat(40), priority: fc.constantFrom(...PRIORITIES) }),
      fc.record({ type: fc.constant('remove' as const), wish: fc.nat(40) }),
      fc.record({ type: fc.constant('end' as const) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 120 }), fc.integer({ min: 1, max: 8 }), async (steps, atOnce) => {
        const ran: number[] = []
        const running: PromiseWithResolvers<void>[] = []
        let most = 0
        const lane = new Lane<number>({
          atOnce,
          batchMax: 4,
          run(batch) {
            expect(batch.length).toBeGreaterThan(0)
            expect(batch.length).toBeLessThanOrEqual(4)
            ran.push(...batch)
            const work = Promise.withResolvers<void>()
            running.push(work)
            most = Math.max(most, running.length)
            return work.promise
          },
        })
        const expected: number[] = []
        for (const one of steps) {
          if (one.type === 'add' && !lane.has(one.wish) && !ran.includes(one.wish)) {
            lane.add(one.wish, one.priority)
            expected.push(one.wish)
          } else if (one.type === 'add' && lane.has(one.wish)) lane.add(one.wish, one.priority)
          else if (one.type === 'remove' && lane.has(one.wish)) {
            lane.remove(one.wish)
            expected.splice(expected.indexOf(one.wish), 1)
          } else if (one.type === 'end') {
            running.shift()?.resolve()
            await settle()
          }
        }
        await settle()
        while (running.length > 0) {
          running.shift()?.resolve()
          await settle()
        }
        expect(new Set(ran)).toEqual(new Set(expected))
        expect(ran).toHaveLength(expected.length)
        expect(most).toBeLessThanOrEqual(atOnce)
      }),
    )
  })

  it('[PFX-12] what is visible overtakes the rest, and the background never takes more than half of the places', async () => {
    const order: string[] = []
    const ends: (() => void)[] = []
    const lane = new Lane<string>({
      atOnce: 8,
      batchMax: 1,
      run: ([wish = '']) => {
        order.push(wish)
        return new Promise((resolve) => ends.push(resolve))
      },
    })
    const add = (kind: Priority, count: number) => {
      for (let index = 0; index < count; index++) lane.add(`${kind} ${index}`, kind)
    }
    add('background', 20)
    await settle()
    expect(order).toHaveLength(4)
    add('soon', 20)
    await settle()
    expect(order).toHaveLength(6)
    add('visible', 3)
    lane.add('background 19', 'visible')
    await settle()
    expect(order.slice(6)).toEqual(['visible 0', 'visible 1'])
    ends.shift()?.()
    ends.shift()?.()
    await settle()
    expect(order.slice(8)).toEqual(['visible 2', 'background 19'])
  })
})
