import { describe, expect, it } from 'vitest'
import { dayName, listTime, startOfDay, timeAgo } from './time.ts'

const at = (day: number, hour = 12, minute = 0) => new Date(2026, 4, day, hour, minute).getTime()
const now = at(13, 15)

describe('times in words', () => {
  it('counts calendar days, not twenty-four hours', () => {
    expect(listTime(at(12, 23, 59), at(13, 0, 1))).toMatch(/yesterday/iu)
    expect(listTime(at(13, 0, 1), now)).toMatch(/\d/u)
    expect(dayName(at(13), now)).toMatch(/today/iu)
    expect(dayName(at(12), now)).toMatch(/yesterday/iu)
    expect(dayName(at(9), now)).toBe('Saturday')
  })

  it('names the year only when it is another', () => {
    expect(listTime(at(1), now)).not.toContain('2026')
    expect(listTime(new Date(2024, 0, 5).getTime(), now)).toContain('2024')
  })

  it('says how long ago', () => {
    expect(timeAgo(now - 20_000, now)).toBe('now')
    expect(timeAgo(now - 5 * 60_000, now)).toContain('5')
    expect(timeAgo(now - 3 * 3_600_000, now)).toContain('3')
    expect(timeAgo(at(12, 10), now)).toMatch(/yesterday/iu)
  })

  it('finds the beginning of a day', () => {
    expect(startOfDay(at(13, 23))).toBe(at(13, 0))
  })
})
