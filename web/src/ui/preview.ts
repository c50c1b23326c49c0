import type { Content } from '@parley/engine/api'
import { t } from '../locales/index.ts'

const PREVIEW_LENGTH_MAX = 240
const SHORT_NAME_LETTERS_MAX = 18

/** One line of a message for the list and for quotes: no markup, no line breaks. */
export const previewOf = (content: Content): string => {
  switch (content.type) {
    case 'text':
      return plainText(content.text)
    case 'deleted':
      return t.timeline.deleted
    case 'unknown':
      return plainText(content.fallback)
  }
}

/** Text without the commonest marks, on one line. */
export const plainText = (text: string): string =>
  text
    .slice(0, PREVIEW_LENGTH_MAX)
    .replace(/```\w*|`|\*\*|~~|__|^\s*>\s?/gmu, '')
    .replace(/\s+/gu, ' ')
    .trim()

/** A short text of others on one line, as it is; marks that would turn the direction of what stands around it go. */
export const oneLine = (text: string): string =>
  text
    .replace(/[\u202A-\u202E\u2066-\u2069\u200E\u200F\u061C]/gu, '')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()

const letters = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** A name for a line that has little room: whole letters, and an ellipsis when some are missing. */
export const shortName = (name: string): string => {
  const all = Array.from(letters.segment(name), ({ segment }) => segment)
  return all.length <= SHORT_NAME_LETTERS_MAX
    ? name
    : `${all
        .slice(0, SHORT_NAME_LETTERS_MAX - 1)
        .join('')
        .trimEnd()}…`
}
