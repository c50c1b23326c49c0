import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTestEnvironment } from '../dev/test-environment.ts'
import { createPreferences, LIST_WIDTH, parsePreferences, TEXT_SCALE } from './preferences.ts'

describe('preferences', () => {
  it('survives a reload', () => {
    const { storage } = createTestEnvironment()
    createPreferences(storage).set({ appearance: 'dark', textScale: 1.2 })
    const { appearance, textScale } = createPreferences(storage).getSnapshot()
    expect({ appearance, textScale }).toEqual({ appearance: 'dark', textScale: 1.2 })
  })

  it('keeps what another tab has set, also before this one has heard of it', () => {
    const { storage } = createTestEnvironment()
    const silent = { ...storage, onChange: () => () => {} }
    const here = createPreferences(silent)
    const there = createPreferences(silent)
    there.setMuted('a', true)
    here.setMuted('b', true)
    there.set({ doNotDisturb: true })
    expect(createPreferences(storage).getSnapshot()).toMatchObject({ muted: ['a', 'b'], doNotDisturb: true })
  })

  it('follows the other tabs', () => {
    const { storage } = createTestEnvironment()
    const here = createPreferences(storage)
    const there = createPreferences(storage)
    there.set({ notificationShow: 'nothing' })
    expect(here.getSnapshot().notificationShow).toBe('nothing')
    here.setMuted('a', true)
    here.setMuted('a', false)
    expect(there.getSnapshot().muted).toEqual([])
  })

  it('makes something sound of anything stored', () => {
    const anything = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({
          textScale: fc.double(),
          listWidth: fc.integer(),
          recentEmoji: fc.array(fc.anything()),
          muted: fc.anything(),
        })
        .map((each) => JSON.stringify(each)),
    )
    fc.assert(
      fc.property(anything, (stored) => {
        const { textScale, listWidth, recentEmoji, appearance } = parsePreferences(stored)
        expect(textScale).toBeGreaterThanOrEqual(TEXT_SCALE.min)
        expect(textScale).toBeLessThanOrEqual(TEXT_SCALE.max)
        expect(listWidth).toBeGreaterThanOrEqual(LIST_WIDTH.min)
        expect(listWidth).toBeLessThanOrEqual(LIST_WIDTH.max)
        expect(['system', 'light', 'dark']).toContain(appearance)
        for (const id of parsePreferences(stored).muted) expect(id).toBeTypeOf('string')
        for (const emoji of recentEmoji) expect(emoji).toBeTypeOf('string')
      }),
    )
  })

  it('puts the emoji used last first, each once', () => {
    const preferences = createPreferences(createTestEnvironment().storage)
    preferences.noteEmoji('🥝')
    preferences.noteEmoji('👍')
    expect(preferences.getSnapshot().recentEmoji.slice(0, 3)).toEqual(['👍', '🥝', '❤️'])
    for (let at = 0; at < 50; at += 1) preferences.noteEmoji(String(at))
    expect(preferences.getSnapshot().recentEmoji).toHaveLength(24)
  })
})
