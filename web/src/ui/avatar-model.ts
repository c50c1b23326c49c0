import type { Presence } from '@parley/engine/api'
import { t } from '../locales/index.ts'
import { timeAgo } from './time.ts'

/** Ten hues (degrees, oklch) that stay apart for most eyes at equal lightness. */
export const avatarHues = [285, 255, 225, 195, 165, 140, 85, 55, 25, 345] as const

/** The hue of an account: stable on every device, spread by an FNV-1a hash of the id. */
export const avatarHue = (account: string): number => {
  let hash = 0x811c9dc5
  for (let at = 0; at < account.length; at += 1) hash = Math.imul(hash ^ account.charCodeAt(at), 0x01000193) >>> 0
  return avatarHues[hash % avatarHues.length] ?? avatarHues[0]
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
const firstGrapheme = (word: string): string => {
  for (const { segment } of graphemes.segment(word)) return segment
  return ''
}

/** At most two graphemes: of the first and of the last word. An empty name gives a middle dot. */
export const initialsOf = (name: string): string => {
  const words = name.split(/\s+/u).filter((word) => /[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(word))
  const [first] = words
  if (first === undefined) return '·'
  const last = words.at(-1)
  const letters = firstGrapheme(first) + (words.length > 1 && last !== undefined ? firstGrapheme(last) : '')
  return letters.toLocaleUpperCase()
}

/** Where the node has a picture. */
export const pictureUrl = (cid: string): string => `/v1/avatars/${cid}`

/** What is said about whether somebody is there; `undefined` when they do not say. */
export const presenceWord = ({ status, seenAt }: Presence, now: number): string | undefined => {
  switch (status) {
    case 'online':
      return t.profile.presence.online
    case 'away':
      return t.profile.presence.away
    case 'offline':
      return seenAt === undefined ? undefined : t.profile.presence.seen(timeAgo(seenAt, now))
    case 'hidden':
      return undefined
  }
}

const RETRY_FIRST_MS = 60_000
const RETRY_LAST_MS = 3_600_000
const MISSING_MAX = 2_000

/** Pictures that could not be had, so that a head that is drawn again does not ask for them each time. */
export interface MissingPictures {
  /** Milliseconds until it may be tried again, 0 at once. */
  waitMs(cid: string): number
  failed(cid: string): void
  /** It was had. */
  found(cid: string): void
}

/** Pauses double from a minute to an hour. `now` in Unix milliseconds. */
export const createMissingPictures = (now: () => number): MissingPictures => {
  const known = new Map<string, { readonly retryAt: number; readonly pauseMs: number }>()
  return {
    waitMs: (cid) => Math.max(0, (known.get(cid)?.retryAt ?? 0) - now()),
    failed: (cid) => {
      const pauseMs = Math.min(RETRY_LAST_MS, (known.get(cid)?.pauseMs ?? RETRY_FIRST_MS / 2) * 2)
      known.delete(cid)
      known.set(cid, { retryAt: now() + pauseMs, pauseMs })
      const [oldest] = known.keys()
      if (known.size > MISSING_MAX && oldest !== undefined) known.delete(oldest)
    },
    found: (cid) => known.delete(cid),
  }
}
