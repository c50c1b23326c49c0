import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scoreOf, searchItems, type PaletteItem } from './palette-model.ts'

const items = ['Ada Lindqvist', 'Tomasz', 'Chloé Meier', 'Settings', 'Add a contact', 'دانا الخطيب'].map(
  (label): PaletteItem => ({ id: label, kind: 'command', label, run: () => {} }),
)
const found = (query: string) => searchItems(items, query).map((item) => item.label)

describe('the palette', () => {
  it('puts beginnings first, then beginnings of words, then letters in order', () => {
    expect(found('ad')).toEqual(['Ada Lindqvist', 'Add a contact'])
    expect(found('lind')[0]).toBe('Ada Lindqvist')
    expect(found('cont')[0]).toBe('Add a contact')
    expect(found('tmz')).toEqual(['Tomasz'])
  })

  it('does not mind marks on letters or case', () => {
    expect(found('CHLOE')).toEqual(['Chloé Meier'])
    expect(found('دانا')).toEqual(['دانا الخطيب'])
  })

  it('shows everything for nothing, in its order, and nothing for nonsense', () => {
    expect(found('')).toEqual(items.map((item) => item.label))
    expect(found('zzzz')).toEqual([])
  })

  it('scores any label against any query', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (label, query) => {
        const score = scoreOf(label, query)
        expect(score === undefined || Number.isFinite(score)).toBe(true)
      }),
    )
  })
})
