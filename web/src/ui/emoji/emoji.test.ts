import rows from 'emojibase-data/en/data.json'
import names from 'emojibase-data/en/shortcodes/github.json'
import { describe, expect, it } from 'vitest'
import { t } from '../../locales/index.ts'
import { inTone, toEntries } from './emoji-data.ts'
import { completeEmoji, findByName } from './emoji-search.ts'

const entries = toEntries(rows, names, 17)
const find = (name: string) => findByName(entries, name)

describe('the emoji table', () => {
  it('holds every group that has a heading, and nothing else', () => {
    const groups = new Set(entries.map((entry) => String(entry.group)))
    expect([...groups].toSorted()).toEqual(Object.keys(t.emoji.groups).toSorted())
    expect(entries.length).toBeGreaterThan(1_800)
  })

  it('leaves out what this system cannot draw', () => {
    expect(toEntries(rows, names, 12).every((entry) => entry.version <= 12)).toBe(true)
  })

  it('knows the tones', () => {
    const wave = find('wave')
    expect(
      wave === undefined ? undefined : [inTone(wave, 'none'), inTone(wave, 'light'), inTone(wave, 'dark')],
    ).toEqual(['👋', '👋🏻', '👋🏿'])
    const heart = find('heart')
    expect(heart === undefined ? undefined : inTone(heart, 'dark')).toBe('❤️')
  })
})

describe('completion', () => {
  it.each([
    ['tada', '🎉'],
    ['smile', '😄'],
    ['+1', '👍'],
    ['heart', '❤️'],
    ['rocke', '🚀'],
  ])(':%s is %s', (query, emoji) => expect(completeEmoji(entries, query)[0]?.entry.emoji).toBe(emoji))

  it('offers what is related when no name fits, and nothing for nonsense', () => {
    expect(completeEmoji(entries, 'hello').map(({ entry }) => entry.emoji)).toContain('👋')
    expect(completeEmoji(entries, 'qqqqqq')).toEqual([])
    expect(completeEmoji(entries, 'a').length).toBeLessThanOrEqual(7)
  })
})
