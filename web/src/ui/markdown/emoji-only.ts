const emoji = /^\p{RGI_Emoji}\u{FE0F}?$/v
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
const BIG_EMOJI_MAX = 3
/** No three emoji are longer than this many UTF-16 units. */
const LENGTH_MAX = 120

/** True for one to three emoji and nothing else: those are shown big. */
export const isEmojiOnly = (text: string): boolean => {
  const trimmed = text.trim()
  if (trimmed === '' || trimmed.length > LENGTH_MAX) return false
  let count = 0
  for (const { segment } of graphemes.segment(trimmed)) {
    if (segment === ' ') continue
    if (!emoji.test(segment)) return false
    count += 1
  }
  return count <= BIG_EMOJI_MAX
}
