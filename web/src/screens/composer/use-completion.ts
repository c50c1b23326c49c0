import { useEffect, useState, type KeyboardEvent } from 'react'
import { useApp } from '../../app/context.ts'
import { inTone, loadEmoji, type EmojiEntry } from '../../ui/emoji/emoji-data.ts'
import { completeEmoji, findByName, type Completion } from '../../ui/emoji/emoji-search.ts'
import { useViewModel } from '../../ui/use-view-model.ts'
import { findEmojiName, findEmojiQuery, replaceFrom, type EditState } from './text-edit.ts'

interface CompletionInput {
  readonly edit: EditState
  readonly apply: (edit: EditState) => void
}

/** `:name` while it is typed: what it may mean, and the keys that choose. */
export const useCompletion = ({ edit, apply }: CompletionInput) => {
  const { preferences } = useApp()
  const { skinTone } = useViewModel(preferences)
  const [entries, setEntries] = useState<readonly EmojiEntry[]>()
  const [chosen, setChosen] = useState(0)
  const [dismissed, setDismissed] = useState<number>()
  const query = findEmojiQuery(edit)
  const isWanted = query !== undefined || edit.text.includes(':')

  useEffect(() => {
    if (!isWanted || entries !== undefined) return
    loadEmoji().then(setEntries, () => {
      // Without the table there is no completion; what was typed stays as it is.
    })
  }, [isWanted, entries])

  // A finished name turns into its emoji by itself.
  useEffect(() => {
    const named = findEmojiName(edit)
    const entry = named === undefined ? undefined : findByName(entries ?? [], named.query)
    if (named !== undefined && entry !== undefined) apply(replaceFrom(edit, named.from, inTone(entry, skinTone)))
  }, [edit, entries, skinTone, apply])

  const isOpen = query !== undefined && entries !== undefined && dismissed !== query.from
  const options: readonly Completion[] = isOpen ? completeEmoji(entries, query.query) : []
  const at = Math.min(chosen, options.length - 1)
  const pick = (option: Completion | undefined) => {
    if (option === undefined || query === undefined) return
    const emoji = inTone(option.entry, skinTone)
    preferences.noteEmoji(emoji)
    setChosen(0)
    apply(replaceFrom(edit, query.from, emoji))
  }

  /** @returns whether the key was for the completion. */
  const onKeyDown = (event: KeyboardEvent): boolean => {
    if (options.length === 0 || event.nativeEvent.isComposing || event.shiftKey) return false
    if (event.key === 'ArrowDown') setChosen((at + 1) % options.length)
    else if (event.key === 'ArrowUp') setChosen((at - 1 + options.length) % options.length)
    else if (event.key === 'Enter' || event.key === 'Tab') pick(options[at])
    else if (event.key === 'Escape') setDismissed(query?.from)
    else return false
    return true
  }
  return { options, at, setChosen, pick, onKeyDown, skinTone }
}
