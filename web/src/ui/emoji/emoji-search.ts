import type { EmojiEntry } from './emoji-data.ts'

export const COMPLETIONS_MAX = 7

export interface Completion {
  readonly entry: EmojiEntry
  readonly name: string
}

const rank = (entry: EmojiEntry, query: string): { readonly score: number; readonly name: string } | undefined => {
  const [first = entry.label.replaceAll(' ', '_')] = entry.names
  const exact = entry.names.find((name) => name === query)
  if (exact !== undefined) return { score: 3, name: exact }
  const starting = entry.names.find((name) => name.startsWith(query))
  if (starting !== undefined) return { score: 2, name: starting }
  const isTagged = entry.tags.some((tag) => tag.startsWith(query)) || entry.names.some((name) => name.includes(query))
  return isTagged ? { score: 1, name: first } : undefined
}

/** What `:query` may mean, the best first: exact name, beginning of a name, then anything related. */
export const completeEmoji = (entries: readonly EmojiEntry[], query: string): readonly Completion[] => {
  const wanted = query.toLowerCase()
  return entries
    .flatMap((entry) => {
      const found = rank(entry, wanted)
      return found === undefined ? [] : [{ entry, ...found }]
    })
    .toSorted((a, b) => b.score - a.score || (a.score === 2 ? a.name.length - b.name.length : 0))
    .slice(0, COMPLETIONS_MAX)
    .map(({ entry, name }) => ({ entry, name }))
}

/** The emoji of exactly this name. */
export const findByName = (entries: readonly EmojiEntry[], name: string): EmojiEntry | undefined =>
  entries.find((entry) => entry.names.includes(name.toLowerCase()))
