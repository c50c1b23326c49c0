import { describe, expect, it } from 'vitest'
import { createTestClock } from './clock.ts'

describe('the test clock', () => {
  it('fires in order of time, then of creation, at the time that each wanted', () => {
    const clock = createTestClock(1_000)
    const fired: string[] = []
    const note = (name: string) => () => fired.push(`${name}@${clock.now()}`)
    clock.after(20, note('c'))
    clock.after(10, note('a'))
    clock.after(10, note('b'))
    clock.after(11, note('never'))()
    expect(clock.nextTimerInMs()).toBe(10)
    clock.elapse(9)
    expect(fired).toEqual([])
    clock.elapse(100)
    expect(fired).toEqual(['a@1010', 'b@1010', 'c@1020'])
    expect(clock.now()).toBe(1_109)
    expect(clock.timers).toBe(0)
  })
  it('fires timers that timers make, within the same stretch only', () => {
    const clock = createTestClock(0)
    let count = 0
    const again = (): void => {
      count++
      clock.after(10, again)
    }
    clock.after(10, again)
    clock.elapse(55)
    expect(count).toBe(5)
  })
  it('keeps timers when the wall clock jumps', () => {
    const clock = createTestClock(100_000)
    let isFired = false
    clock.after(10, () => (isFired = true))
    clock.jump(-50_000)
    expect(clock.now()).toBe(50_000)
    expect(isFired).toBe(false)
    clock.elapse(10)
    expect(isFired).toBe(true)
  })
  it('gives awaiting work a turn around every timer', async () => {
    const clock = createTestClock(0)
    const seen: number[] = []
    const loop = async (): Promise<void> => {
      for (let round = 0; round < 3; round++) {
        await new Promise<void>((resolve) => clock.after(10, resolve))
        seen.push(clock.now())
      }
    }
    const done = loop()
    await clock.run(100)
    await done
    expect(seen).toEqual([10, 20, 30])
  })
})
