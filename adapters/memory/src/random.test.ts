import { describe, expect, it } from 'vitest'
import { seededRandom } from './random.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

describe('seeded random bytes', () => {
  it('are the same for the same seed, for ever', () => {
    expect(hex(seededRandom(1)(16))).toBe(hex(seededRandom(1)(16)))
    expect(hex(seededRandom(1)(16))).toBe('d4197117a22ef4ea8935c5c7eeb4ea60')
  })
  it('differ between neighbouring, large and negative seeds', () => {
    const seeds = [0, 1, 2, -1, 2 ** 32, 2 ** 32 + 1, 2 ** 40, Number.MAX_SAFE_INTEGER]
    expect(new Set(seeds.map((seed) => hex(seededRandom(seed)(16)))).size).toBe(seeds.length)
  })
  it('fill every length, evenly', () => {
    const bytes = seededRandom(7)(40_001)
    expect(bytes.length).toBe(40_001)
    const mean = bytes.reduce((sum, byte) => sum + byte, 0) / bytes.length
    expect(mean).toBeGreaterThan(125)
    expect(mean).toBeLessThan(130)
    expect(seededRandom(7)(0).length).toBe(0)
  })
})
