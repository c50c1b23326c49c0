/** Counts what a reader would call letters: Unicode code points, not UTF-16 units and not bytes. */
export function countLetters(text: string): number {
  let letters = 0
  for (const letter of text) letters += letter.length > 0 ? 1 : 0
  return letters
}

/** False for lone surrogates, which no UTF-8 can carry. */
export const isWellFormed = (text: string): boolean => text.isWellFormed()
