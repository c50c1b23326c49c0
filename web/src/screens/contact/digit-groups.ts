const GROUPS = 12
const DIGITS = 5

/** Twelve groups of five; before the digits are known, as many of the same width. */
export const digitGroups = (digits: string): readonly string[] =>
  Array.from({ length: GROUPS }, (_, at) => digits.slice(at * DIGITS, (at + 1) * DIGITS).padEnd(DIGITS, '\u{2007}'))
