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
