import { describe, expect, it } from 'vitest'
import { accountOf } from '../dev/fake-ids.ts'
import { avatarHue, avatarHues, createMissingPictures, initialsOf, presenceWord } from './avatar-model.ts'

describe('avatars', () => {
  it.each([
    ['Ada Lindqvist', 'AL'],
    ['ada', 'A'],
    ['Anna Maria von Berg', 'AB'],
    ['دانا الخطيب', 'دا'],
    ['👩‍🚀 Zoë', '👩‍🚀Z'],
    ['  ', '·'],
    ['', '·'],
    ['(Bo)', '('],
  ])('shortens %j to %j', (name, initials) => expect(initialsOf(name)).toBe(initials))

  it('gives an account the same hue always and spreads accounts over all of them', () => {
    const hues = Array.from({ length: 200 }, (_, at) => avatarHue(accountOf(String(at))))
    expect(avatarHue(accountOf('7'))).toBe(hues[7])
    expect(new Set(hues).size).toBe(avatarHues.length)
  })
})

describe('whether somebody is there', () => {
  const now = Date.UTC(2026, 4, 12, 12)

  it('is said in words, and not at all when they do not say', () => {
    expect(presenceWord({ status: 'online' }, now)).toBe('Online')
    expect(presenceWord({ status: 'away' }, now)).toBe('Away')
    expect(presenceWord({ status: 'offline', seenAt: now - 5 * 60_000 }, now)).toMatch(/^Last seen 5\D/u)
    expect(presenceWord({ status: 'offline' }, now)).toBeUndefined()
    expect(presenceWord({ status: 'hidden', seenAt: now }, now)).toBeUndefined()
  })
})

describe('pictures that nobody had', () => {
  it('are tried again after pauses that grow from a minute to an hour', () => {
    let now = 0
    const missing = createMissingPictures(() => now)
    expect(missing.waitMs('a')).toBe(0)
    missing.failed('a')
    expect([missing.waitMs('a'), missing.waitMs('b')]).toEqual([60_000, 0])
    now += 60_000
    expect(missing.waitMs('a')).toBe(0)
    for (let count = 0; count < 10; count += 1) missing.failed('a')
    expect(missing.waitMs('a')).toBe(3_600_000)
    missing.found('a')
    expect(missing.waitMs('a')).toBe(0)
  })

  it('are remembered in a bounded number', () => {
    const missing = createMissingPictures(() => 0)
    for (let count = 0; count <= 2_000; count += 1) missing.failed(String(count))
    expect([missing.waitMs('0'), missing.waitMs('1'), missing.waitMs('2000')]).toEqual([0, 60_000, 60_000])
  })
})
