import { createStore, type ViewModel } from '../ui/view-model.ts'
import type { Environment } from './environment.ts'

export type Appearance = 'system' | 'light' | 'dark'

/** How much of a message a notification shows. */
export type NotificationShow = 'words' | 'name' | 'nothing'

/** What this browser remembers about looks and about being told. public/theme.js reads the same key before the first paint. */
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
  /** The same for the question who may connect. */
  readonly reachNudgeAfter: number
  /** Native notifications, as far as the browser allows them. */
  readonly notifies: boolean
  readonly notificationShow: NotificationShow
  /** The question whether to notify was answered, or put away. */
  readonly isNotifyingDecided: boolean
  readonly sounds: boolean
  /** No notifications and no sounds; what is unread still counts. */
  readonly doNotDisturb: boolean
  /** Conversations that neither notify nor sound nor count. */
  readonly muted: readonly string[]
}

export type SkinTone = 'none' | 'light' | 'medium-light' | 'medium' | 'medium-dark' | 'dark'

export interface Preferences extends ViewModel<PreferencesSnapshot> {
  set(fields: Partial<PreferencesSnapshot>): void
  noteEmoji(emoji: string): void
  setMuted(conversation: string, isMuted: boolean): void
}

export const TEXT_SCALE = { min: 0.85, max: 1.4, step: 0.05 } as const
export const LIST_WIDTH = { min: 260, max: 420, step: 20 } as const
const RECENT_EMOJI_MAX = 24
const KEY = 'parley.preferences'
const appearances: readonly Appearance[] = ['system', 'light', 'dark']
export const notificationShows: readonly NotificationShow[] = ['words', 'name', 'nothing']
const skinTones: readonly SkinTone[] = ['none', 'light', 'medium-light', 'medium', 'medium-dark', 'dark']

const defaults: PreferencesSnapshot = {
  appearance: 'system',
  textScale: 1,
  listWidth: 320,
  skinTone: 'none',
  recentEmoji: ['👍', '❤️', '😂', '🎉', '😮', '🙏'],
  nudgeAfter: 0,
  reachNudgeAfter: 0,
  notifies: true,
  notificationShow: 'words',
  isNotifyingDecided: false,
  sounds: true,
  doNotDisturb: false,
  muted: [],
}

const clamped = (value: unknown, { min, max }: { readonly min: number; readonly max: number }, or: number): number =>
  typeof value === 'number' && Number.isFinite(value) ? Math.min(max, Math.max(min, value)) : or

const flag = (value: unknown, or: boolean): boolean => (typeof value === 'boolean' ? value : or)

const texts = (value: unknown): readonly string[] | undefined =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'string') : undefined

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
  return {
    appearance: appearances.find((each) => each === fields.get('appearance')) ?? defaults.appearance,
    textScale: clamped(fields.get('textScale'), TEXT_SCALE, defaults.textScale),
    listWidth: clamped(fields.get('listWidth'), LIST_WIDTH, defaults.listWidth),
    skinTone: skinTones.find((each) => each === fields.get('skinTone')) ?? defaults.skinTone,
    recentEmoji: texts(fields.get('recentEmoji'))?.slice(0, RECENT_EMOJI_MAX) ?? defaults.recentEmoji,
    nudgeAfter: clamped(fields.get('nudgeAfter'), { min: 0, max: Number.MAX_SAFE_INTEGER }, 0),
    reachNudgeAfter: clamped(fields.get('reachNudgeAfter'), { min: 0, max: Number.MAX_SAFE_INTEGER }, 0),
    notifies: flag(fields.get('notifies'), defaults.notifies),
    notificationShow:
      notificationShows.find((each) => each === fields.get('notificationShow')) ?? defaults.notificationShow,
    isNotifyingDecided: flag(fields.get('isNotifyingDecided'), defaults.isNotifyingDecided),
    sounds: flag(fields.get('sounds'), defaults.sounds),
    doNotDisturb: flag(fields.get('doNotDisturb'), defaults.doNotDisturb),
    muted: texts(fields.get('muted')) ?? defaults.muted,
  }
}

/** They are the same in all tabs; where storage is switched off, each tab has its own until it is closed. */
export const createPreferences = (storage: Environment['storage']): Preferences => {
  let known = storage.get(KEY)
  const store = createStore(parsePreferences(known))
  const refresh = () => {
    const stored = storage.get(KEY)
    if (stored === undefined || stored === known) return
    known = stored
    store.patch(parsePreferences(stored))
  }
  storage.onChange(KEY, refresh)
  const set = (fields: Partial<PreferencesSnapshot>) => {
    // What another tab has just set is not lost, although this one has not heard of it yet.
    refresh()
    store.patch(fields)
    known = JSON.stringify(store.getSnapshot())
    storage.set(KEY, known)
  }
  return {
    getSnapshot: store.getSnapshot,
    subscribe: store.subscribe,
    set,
    noteEmoji: (emoji) => {
      const others = store.getSnapshot().recentEmoji.filter((each) => each !== emoji)
      set({ recentEmoji: [emoji, ...others].slice(0, RECENT_EMOJI_MAX) })
    },
    setMuted: (conversation, isMuted) => {
      refresh()
      const others = store.getSnapshot().muted.filter((each) => each !== conversation)
      set({ muted: isMuted ? [...others, conversation] : others })
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
