import type { Root } from 'mdast'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { gfmStrikethroughFromMarkdown } from 'mdast-util-gfm-strikethrough'
import { gfmStrikethrough } from 'micromark-extension-gfm-strikethrough'

/** What chat has no use for, or must not have: HTML, images, headings, references, entities. */
const switchedOff = [
  'htmlFlow',
  'htmlText',
  'labelStartImage',
  'headingAtx',
  'setextUnderline',
  'thematicBreak',
  'definition',
  'characterReference',
  'codeIndented',
]

const options = {
  extensions: [gfmStrikethrough({ singleTilde: false }), { disable: { null: switchedOff } }],
  mdastExtensions: [gfmStrikethroughFromMarkdown()],
}

/** Quotes and lists nested deeper than this stay plain text. */
const NESTING_MAX = 8
/** Longer or denser than this, a text stays plain: parsing must never hold up the page. */
const MARKS_MAX = 800
const LINES_MAX = 400

const deepNesting = new RegExp(`^(?:[ \\t]*(?:>|[-*+](?=\\s)|\\d{1,9}[.)](?=\\s))){${NESTING_MAX + 1}}`, 'mu')
const marks = /[*_~`[\]<>\\]/gu
/** Text without any of these is plain, and most text is. */
const mayHaveMarks = /[*_~`[<>\\]|^[ \t]*(?:[-+]|\d{1,9}[.)])[ \t]/mu

const plain = (text: string): Root => ({
  type: 'root',
  children: [{ type: 'paragraph', children: [{ type: 'text', value: text }] }],
})

/** Reads the Markdown subset. Total: any text gives a tree, in bounded time. */
export const parseMarkdown = (text: string): Root => {
  if (!mayHaveMarks.test(text) || deepNesting.test(text)) return plain(text)
  const isDense = (text.match(marks)?.length ?? 0) > MARKS_MAX || text.split('\n').length > LINES_MAX
  return isDense ? plain(text) : fromMarkdown(text, options)
}
