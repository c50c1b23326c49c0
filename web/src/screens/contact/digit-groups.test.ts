import { describe, expect, it } from 'vitest'
import { digitGroups } from './digit-groups.ts'

describe('the safety number', () => {
  it('is twelve groups of five', () => {
    const digits = '0123456789'.repeat(6)
    expect(digitGroups(digits)).toHaveLength(12)
    expect(digitGroups(digits).join('')).toBe(digits)
  })

  it('keeps its room before it is known', () => {
    expect(digitGroups('').every((group) => group.length === 5)).toBe(true)
  })
})
