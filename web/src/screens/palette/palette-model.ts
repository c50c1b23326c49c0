/** Something to jump to or to do. */
export interface PaletteItem {
  readonly id: string
  readonly kind: 'conversation' | 'command'
  readonly label: string
  readonly hint?: string
  readonly run: () => void
}

const plain = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()

/**
 * How well a label answers a query; higher is better, `undefined` is not at all. Whole beginnings count most, then
 * beginnings of words, then letters in order. Marks on letters do not matter.
 */
export const scoreOf = (label: string, query: string): number | undefined => {
  const text = plain(label)
  const wanted = plain(query).trim()
  if (wanted === '') return 0
  if (text.startsWith(wanted)) return 100 - text.length / 1_000
  const word = text.split(/[\s(.,-]+/u).findIndex((each) => each.startsWith(wanted))
  if (word >= 0) return 80 - word - text.length / 1_000
  const at = text.indexOf(wanted)
  if (at >= 0) return 60 - at / 100
  let from = 0
  let gaps = 0
  for (const letter of wanted) {
    const found = text.indexOf(letter, from)
    if (found < 0) return undefined
    gaps += found - from
    from = found + 1
  }
  return 40 - gaps
}

const RESULTS_MAX = 50

/** The items that answer the query, the best first; equally good ones keep their order. */
export const searchItems = (items: readonly PaletteItem[], query: string): readonly PaletteItem[] =>
  items
    .map((item) => ({ item, score: scoreOf(item.label, query) }))
    .filter((row): row is { item: PaletteItem; score: number } => row.score !== undefined)
    .toSorted((a, b) => b.score - a.score)
    .slice(0, RESULTS_MAX)
    .map(({ item }) => item)
