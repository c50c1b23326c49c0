import { describe, expect, it } from 'vitest'
import { t } from '../locales/index.ts'
import { neighbourOf } from './global-keys.ts'
import { commandOf, keyCaps, keyTable, shortcutOf, type KeyPress } from './keys.ts'

const press = (key: string, fields: Partial<KeyPress> = {}): KeyPress => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...fields,
})

describe('key table', () => {
  it('binds no key twice in one scope and none that works everywhere again', () => {
    const seen = new Set<string>()
    for (const { scope, keys } of keyTable) {
      for (const combination of keys) {
        const id = `${scope} ${combination}`
        expect(seen.has(id), id).toBe(false)
        seen.add(id)
        if (scope !== 'everywhere') expect(seen.has(`everywhere ${combination}`), id).toBe(false)
      }
    }
  })

  it('says every command in words, so that the help sheet is complete', () => {
    for (const { command, keys } of keyTable) {
      expect(t.keys[command]).toMatch(/\w/u)
      for (const combination of keys) expect(keyCaps(combination).join('')).not.toBe('')
    }
    expect(shortcutOf('palette')).toBe('Ctrl K')
  })

  it('understands modifiers', () => {
    expect(commandOf(press('k', { ctrlKey: true }), 'everywhere')).toBe('palette')
    expect(commandOf(press('K', { ctrlKey: true }), 'everywhere')).toBe('palette')
    expect(commandOf(press('k'), 'everywhere')).toBeUndefined()
    expect(commandOf(press('ArrowUp', { altKey: true }), 'everywhere')).toBe('previousConversation')
    expect(commandOf(press('ArrowUp', { altKey: true, shiftKey: true }), 'everywhere')).toBe('previousUnread')
    expect(commandOf(press('?', { ctrlKey: true }), 'everywhere')).toBeUndefined()
    expect(commandOf(press('/', { ctrlKey: true, shiftKey: true }), 'everywhere')).toBe('help')
    expect(commandOf(press('E', { shiftKey: true }), 'timeline')).toBe('edit')
    expect(commandOf(press('e'), 'timeline')).toBe('react')
    expect(commandOf(press('Enter', { shiftKey: true }), 'composer')).toBe('newline')
  })

  it('leaves every key to an input method while it is composing', () => {
    expect(commandOf(press('Enter', { isComposing: true }), 'composer')).toBeUndefined()
  })
})

describe('neighbours', () => {
  const list = [
    { id: 'a', unread: 0 },
    { id: 'b', unread: 2 },
    { id: 'c', unread: 0 },
    { id: 'd', unread: 1 },
  ]

  it('goes up and down and stops at the ends', () => {
    expect(neighbourOf(list, 'a', 1, false)).toBe('b')
    expect(neighbourOf(list, 'a', -1, false)).toBeUndefined()
    expect(neighbourOf(list, undefined, 1, false)).toBe('a')
    expect(neighbourOf(list, undefined, -1, false)).toBe('d')
    expect(neighbourOf([], undefined, 1, false)).toBeUndefined()
  })

  it('finds the next unread, around the end', () => {
    expect(neighbourOf(list, 'a', 1, true)).toBe('b')
    expect(neighbourOf(list, 'd', 1, true)).toBe('b')
    expect(neighbourOf(list, 'a', -1, true)).toBe('d')
    expect(neighbourOf(list, undefined, 1, true)).toBe('b')
    expect(neighbourOf([{ id: 'a', unread: 3 }], 'a', 1, true)).toBeUndefined()
  })
})
