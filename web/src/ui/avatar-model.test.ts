import { describe, expect, it } from 'vitest'
import { accountOf } from '../dev/fake-ids.ts'
import { avatarHue, avatarHues, initialsOf } from './avatar-model.ts'

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
