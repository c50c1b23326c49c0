import { describe, expect, it } from 'vitest'
import { findEmojiName, findEmojiQuery, insertText, replaceFrom, toggleMark, type EditState } from './text-edit.ts'

/** `|` is the caret, or both ends of the selection. */
const edit = (marked: string): EditState => {
  const [before = '', middle, after] = marked.split('|')
  if (after === undefined) return { text: before + (middle ?? ''), start: before.length, end: before.length }
  return { text: before + (middle ?? '') + after, start: before.length, end: before.length + (middle ?? '').length }
}
const marked = ({ text, start, end }: EditState): string =>
  start === end
    ? `${text.slice(0, start)}|${text.slice(start)}`
    : `${text.slice(0, start)}|${text.slice(start, end)}|${text.slice(end)}`

describe('editing in the composer', () => {
  it('sees a name that is being typed', () => {
    expect(findEmojiQuery(edit('well :ta|'))).toEqual({ from: 5, query: 'ta' })
    expect(findEmojiQuery(edit('(:+1|'))).toEqual({ from: 1, query: '+1' })
    expect(findEmojiQuery(edit('at 10:30|'))).toBeUndefined()
    expect(findEmojiQuery(edit(':t|'))).toBeUndefined()
    expect(findEmojiQuery(edit('|:ta|'))).toBeUndefined()
    expect(findEmojiName(edit('well :tada:|'))).toEqual({ from: 5, query: 'tada' })
    expect(findEmojiName(edit('10:30:|'))).toBeUndefined()
  })

  it('puts text in and the caret after it', () => {
    expect(marked(replaceFrom(edit('well :ta| now'), 5, '🎉'))).toBe('well 🎉| now')
    expect(marked(insertText(edit('a|bc|d'), 'x'))).toBe('ax|d')
  })

  it('marks and unmarks a selection', () => {
    expect(marked(toggleMark(edit('a |b| c'), '**'))).toBe('a **|b|** c')
    expect(marked(toggleMark(edit('a **|b|** c'), '**'))).toBe('a |b| c')
    expect(marked(toggleMark(edit('a|'), '*'))).toBe('a*|*')
  })
})
