import { describe, expect, it } from 'vitest'
import { createAllowance } from './allowance.ts'

const RATE = { perSecond: 4, burst: 3 }

describe('what a peer may say', () => {
  it('[MBX-5] is a burst, then so much in a second, for each peer by itself', () => {
    const clock = { ms: 0 }
    const allowance = createAllowance({ nowMs: () => clock.ms })
    const taken = (peerId: string, times: number): number =>
      Array.from({ length: times }, () => allowance.take(peerId, RATE)).filter(Boolean).length
    expect(taken('a', 10)).toBe(3)
    expect(taken('b', 10)).toBe(3)
    clock.ms += 500
    expect(taken('a', 10)).toBe(2)
    clock.ms += 60_000
    expect(taken('a', 10)).toBe(3)
    allowance.forget('a')
    expect(taken('a', 10)).toBe(3)
  })

  it('[MBX-5] is remembered of a bounded number of peers', () => {
    const allowance = createAllowance({ nowMs: () => 0 })
    for (let times = 0; times < 4; times++) allowance.take('first', RATE)
    expect(allowance.take('first', RATE)).toBe(false)
    for (let peer = 0; peer < 5_000; peer++) allowance.take(`peer ${peer}`, RATE)
    expect(allowance.take('first', RATE)).toBe(true)
  })
})
