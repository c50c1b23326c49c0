import type { t } from '../locales/index.ts'

/** Where a key works. `everywhere` also inside of text fields; the others only while their part has the focus. */
export type KeyScope = 'everywhere' | 'timeline' | 'composer'

export type KeyCommand = Exclude<keyof typeof t.keys, 'title' | 'groups'>

export interface KeyBinding {
  readonly command: KeyCommand
  readonly scope: KeyScope
  /** Modifiers in the order Mod, Alt, Shift, then `event.key`. Mod is Ctrl, on a Mac ⌘. */
  readonly keys: readonly string[]
}

/** The one table of keys: what the page listens to and what the help sheet shows. */
export const keyTable: readonly KeyBinding[] = [
  { command: 'palette', scope: 'everywhere', keys: ['Mod+k'] },
  { command: 'help', scope: 'everywhere', keys: ['Mod+/'] },
  { command: 'nextConversation', scope: 'everywhere', keys: ['Alt+ArrowDown'] },
  { command: 'previousConversation', scope: 'everywhere', keys: ['Alt+ArrowUp'] },
  { command: 'nextUnread', scope: 'everywhere', keys: ['Alt+Shift+ArrowDown'] },
  { command: 'previousUnread', scope: 'everywhere', keys: ['Alt+Shift+ArrowUp'] },
  { command: 'escape', scope: 'everywhere', keys: ['Escape'] },
  { command: 'messageUp', scope: 'timeline', keys: ['ArrowUp', 'k'] },
  { command: 'messageDown', scope: 'timeline', keys: ['ArrowDown', 'j'] },
  { command: 'reply', scope: 'timeline', keys: ['r'] },
  { command: 'react', scope: 'timeline', keys: ['e'] },
  { command: 'edit', scope: 'timeline', keys: ['Shift+e'] },
  { command: 'delete', scope: 'timeline', keys: ['Delete'] },
  { command: 'menu', scope: 'timeline', keys: ['Enter', 'ContextMenu'] },
  { command: 'send', scope: 'composer', keys: ['Enter'] },
  { command: 'newline', scope: 'composer', keys: ['Shift+Enter'] },
  { command: 'editLast', scope: 'composer', keys: ['ArrowUp'] },
  { command: 'bold', scope: 'composer', keys: ['Mod+b'] },
  { command: 'italic', scope: 'composer', keys: ['Mod+i'] },
  { command: 'complete', scope: 'composer', keys: [':'] },
]

/** The part of a keyboard event that decides. */
export interface KeyPress {
  readonly key: string
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly altKey: boolean
  readonly shiftKey: boolean
  readonly isComposing?: boolean
}

const isMac = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/u.test(navigator.userAgent)

const matches = (keys: string, press: KeyPress): boolean => {
  const parts = keys.split('+')
  const key = parts.at(-1) ?? ''
  const isLetter = /^[a-z]$/u.test(key)
  const pressed = isLetter ? press.key.toLowerCase() : press.key
  return (
    pressed === key &&
    parts.includes('Mod') === (isMac ? press.metaKey : press.ctrlKey) &&
    !(isMac ? press.ctrlKey : press.metaKey) &&
    parts.includes('Alt') === press.altKey &&
    // A sign such as "/" needs Shift on some keyboards.
    (parts.includes('Shift') === press.shiftKey || !/^[a-zA-Z]/u.test(key))
  )
}

/** What a key press asks for in this scope; never while an input method is composing. */
export const commandOf = (press: KeyPress, scope: KeyScope): KeyCommand | undefined =>
  press.isComposing === true
    ? undefined
    : keyTable.find((row) => row.scope === scope && row.keys.some((keys) => matches(keys, press)))?.command

const names: Readonly<Record<string, string>> = {
  Mod: isMac ? '⌘' : 'Ctrl',
  Alt: isMac ? '⌥' : 'Alt',
  Shift: isMac ? '⇧' : 'Shift',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Escape: 'Esc',
  ContextMenu: 'Menu key',
}

/** The caps to draw for one alternative: `Mod+k` gives Ctrl and K. */
export const keyCaps = (keys: string): readonly string[] =>
  keys.split('+').map((part) => names[part] ?? (part.length === 1 ? part.toUpperCase() : part))

/** For tooltips: the first alternative, joined. */
export const shortcutOf = (command: KeyCommand): string | undefined => {
  const keys = keyTable.find((row) => row.command === command)?.keys[0]
  return keys === undefined ? undefined : keyCaps(keys).join(' ')
}
