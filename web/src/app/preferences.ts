import { createStore, type ViewModel } from '../ui/view-model.ts'
import type { Environment } from './environment.ts'

export type Appearance = 'system' | 'light' | 'dark'

/** What this browser remembers about looks. public/theme.js reads the same key before the first paint. */
export interface PreferencesSnapshot {
  readonly appearance: Appearance
  /** 0.85…1.4 */
  readonly textScale: number
  /** px, 260…420 */
  readonly listWidth: number
  readonly skinTone: SkinTone
  readonly recentEmoji: readonly string[]
  /** Unix milliseconds until which the reminder of the recovery words stays away. */
  readonly nudgeAfter: number
}

export type SkinTone = 'none' | 'light' | 'medium-light' | 'medium' | 'medium-dark' | 'dark'

export interface Preferences extends ViewModel<PreferencesSnapshot> {
  set(fields: Partial<PreferencesSnapshot>): void
  noteEmoji(emoji: string): void
}

export const TEXT_SCALE = { min: 0.85, max: 1.4, step: 0.05 } as const
export const LIST_WIDTH = { min: 260, max: 420, step: 20 } as const
const RECENT_EMOJI_MAX = 24
const KEY = 'parley.preferences'
const appearances: readonly Appearance[] = ['system', 'light', 'dark']
const skinTones: readonly SkinTone[] = ['none', 'light', 'medium-light', 'medium', 'medium-dark', 'dark']

const defaults: PreferencesSnapshot = {
  appearance: 'system',
  textScale: 1,
  listWidth: 320,
  skinTone: 'none',
  recentEmoji: ['👍', '❤️', '😂', '🎉', '😮', '🙏'],
  nudgeAfter: 0,
}

const clamped = (value: unknown, { min, max }: { readonly min: number; readonly max: number }, or: number): number =>
  typeof value === 'number' && Number.isFinite(value) ? Math.min(max, Math.max(min, value)) : or

/** Reads what was stored; anything odd falls back to its default. */
export const parsePreferences = (stored: string | undefined): PreferencesSnapshot => {
  if (stored === undefined) return defaults
  let raw: unknown
  try {
    raw = JSON.parse(stored)
  } catch {
    return defaults
  }
  const fields = new Map(typeof raw === 'object' && raw !== null ? Object.entries(raw) : [])
  const recent: unknown = fields.get('recentEmoji')
  return {
    appearance: appearances.find((each) => each === fields.get('appearance')) ?? defaults.appearance,
    textScale: clamped(fields.get('textScale'), TEXT_SCALE, defaults.textScale),
    listWidth: clamped(fields.get('listWidth'), LIST_WIDTH, defaults.listWidth),
    skinTone: skinTones.find((each) => each === fields.get('skinTone')) ?? defaults.skinTone,
    recentEmoji: Array.isArray(recent)
      ? recent.filter((each) => typeof each === 'string').slice(0, RECENT_EMOJI_MAX)
      : defaults.recentEmoji,
    nudgeAfter: clamped(fields.get('nudgeAfter'), { min: 0, max: Number.MAX_SAFE_INTEGER }, 0),
  }
}

export const createPreferences = (storage: Environment['storage']): Preferences => {
  const store = createStore(parsePreferences(storage.get(KEY)))
  const set = (fields: Partial<PreferencesSnapshot>) => {
    store.patch(fields)
    storage.set(KEY, JSON.stringify(store.getSnapshot()))
  }
  return {
    getSnapshot: store.getSnapshot,
    subscribe: store.subscribe,
    set,
    noteEmoji: (emoji) => {
      const others = store.getSnapshot().recentEmoji.filter((each) => each !== emoji)
      set({ recentEmoji: [emoji, ...others].slice(0, RECENT_EMOJI_MAX) })
    },
  }
}

/** Lets the page follow the preferences. @returns the function that ends it. */
export const applyPreferences = (preferences: Preferences, root: HTMLElement): (() => void) => {
  const apply = () => {
    const { appearance, textScale } = preferences.getSnapshot()
    if (appearance === 'system') delete root.dataset['theme']
    else root.dataset['theme'] = appearance
    root.style.setProperty('--text-scale', String(textScale))
  }
  apply()
  return preferences.subscribe(apply)
}
