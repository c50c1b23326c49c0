import type { Emoji as Row } from 'emojibase'
import { maxEmojiVersion } from './emoji-support.ts'

/** From Unicode's tones 1…5. */
const toneNames = ['light', 'medium-light', 'medium', 'medium-dark', 'dark'] as const
type ToneName = (typeof toneNames)[number]
export type Tone = ToneName | 'none'

export interface EmojiEntry {
  readonly emoji: string
  /** Unicode's group, 0…9 without 2 (which holds only parts of emoji). */
  readonly group: number
  readonly label: string
  readonly version: number
  readonly tags: readonly string[]
  /** Names between colons: `tada`. */
  readonly names: readonly string[]
  readonly skins?: Readonly<Record<ToneName, string>>
}

const COMPONENT_GROUP = 2

/** Without the sign that asks for a picture where one is shown anyway: a reaction must be equal to itself. */
const plain = (emoji: string): string => (/^\p{Emoji_Presentation}\u{FE0F}$/u.test(emoji) ? emoji.slice(0, -1) : emoji)

const skinsOf = (row: Row): Record<ToneName, string> | undefined => {
  const byTone = new Map<number, string>()
  for (const { tone, emoji } of row.skins ?? []) if (typeof tone === 'number') byTone.set(tone, emoji)
  if (byTone.size < toneNames.length) return undefined
  const of = (tone: number) => byTone.get(tone) ?? row.emoji
  return { light: of(1), 'medium-light': of(2), medium: of(3), 'medium-dark': of(4), dark: of(5) }
}

type NamesByCode = Readonly<Record<string, string | readonly string[]>>

/** The entries that a person can pick, in Unicode's order. */
export const toEntries = (rows: readonly Row[], namesByCode: NamesByCode, versionMax: number): readonly EmojiEntry[] =>
  rows
    .filter((row) => row.group !== undefined && row.group !== COMPONENT_GROUP && row.version <= versionMax)
    .toSorted((a, b) => (a.order ?? 0) - (b.order ?? 0))
    .map((row) => {
      const names = namesByCode[row.hexcode] ?? []
      const skins = skinsOf(row)
      return {
        emoji: plain(row.emoji),
        group: row.group ?? 0,
        label: row.label,
        version: row.version,
        tags: row.tags ?? [],
        names: typeof names === 'string' ? [names] : names,
        ...(skins === undefined ? {} : { skins }),
      }
    })

let loaded: Promise<readonly EmojiEntry[]> | undefined

/** Loads the table once, from the node that served the page; no other host is ever asked. */
export const loadEmoji = (): Promise<readonly EmojiEntry[]> => {
  loaded ??= Promise.all([
    import('emojibase-data/en/data.json'),
    import('emojibase-data/en/shortcodes/github.json'),
  ]).then(([rows, names]) => toEntries(rows.default, names.default, maxEmojiVersion()))
  return loaded
}

/** The entry in the tone that this person likes. */
export const inTone = (entry: EmojiEntry, tone: Tone): string =>
  tone === 'none' ? entry.emoji : (entry.skins?.[tone] ?? entry.emoji)
