/** A text with its selection; equal ends are a caret. Offsets are UTF-16 units, as in the DOM. */
export interface EditState {
  readonly text: string
  readonly start: number
  readonly end: number
}

/** A `:name` that is being typed. */
export interface EmojiQuery {
  readonly from: number
  readonly query: string
}

const open = /(?:^|[\s([{"'])(:([a-z0-9_+-]{2,32}))$/iu
const closed = /(?:^|[\s([{"'])(:([a-z0-9_+-]{1,32}):)$/iu

/** The unfinished `:name` before the caret. */
export const findEmojiQuery = ({ text, start, end }: EditState): EmojiQuery | undefined => {
  const match = start === end ? open.exec(text.slice(0, end)) : null
  const [, typed, query] = match ?? []
  return typed === undefined || query === undefined ? undefined : { from: end - typed.length, query }
}

/** The finished `:name:` before the caret. */
export const findEmojiName = ({ text, start, end }: EditState): EmojiQuery | undefined => {
  const match = start === end ? closed.exec(text.slice(0, end)) : null
  const [, typed, query] = match ?? []
  return typed === undefined || query === undefined ? undefined : { from: end - typed.length, query }
}

/** Puts `insert` in place of what stands from `from` to the end of the selection; the caret comes after it. */
export const replaceFrom = ({ text, end }: EditState, from: number, insert: string): EditState => {
  const caret = from + insert.length
  return { text: text.slice(0, from) + insert + text.slice(end), start: caret, end: caret }
}

/** Puts `insert` in place of the selection. */
export const insertText = (state: EditState, insert: string): EditState => replaceFrom(state, state.start, insert)

/** Wraps the selection in a mark, or takes the mark away when it is there already. */
export const toggleMark = ({ text, start, end }: EditState, mark: string): EditState => {
  const before = text.slice(0, start)
  const selected = text.slice(start, end)
  const after = text.slice(end)
  if (before.endsWith(mark) && after.startsWith(mark)) {
    const cut = mark.length
    return { text: before.slice(0, -cut) + selected + after.slice(cut), start: start - cut, end: end - cut }
  }
  return { text: before + mark + selected + mark + after, start: start + mark.length, end: end + mark.length }
}
