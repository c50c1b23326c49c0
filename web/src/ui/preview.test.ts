import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { oneLine, shortName } from './preview.ts'

describe('a name where there is little room', () => {
  it('stays whole when it fits, and ends in an ellipsis when it does not', () => {
    expect(shortName('Ada Lindqvist')).toBe('Ada Lindqvist')
    expect(shortName('Maximiliane Freifrau von Hohenstein')).toBe('Maximiliane Freif…')
    expect(shortName('دانا الخطيب')).toBe('دانا الخطيب')
  })

  it('never cuts a letter in two', () => {
    expect(shortName('👩‍👩‍👧‍👦'.repeat(30))).toBe(`${'👩‍👩‍👧‍👦'.repeat(17)}…`)
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (name) => {
        expect(shortName(name).isWellFormed()).toBe(true)
      }),
    )
  })
})

describe('a short text of others', () => {
  it('is one line, and turns no direction but its own', () => {
    expect(oneLine(' Order\n#17\u202Egnp.exe ')).toBe('Order #17gnp.exe')
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(oneLine(text)).not.toMatch(/[\u202A-\u202E\u2066-\u2069\p{Cc}]/u)
      }),
    )
  })
})
