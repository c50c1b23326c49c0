import type { Conversation } from '@parley/engine/api'
import { Suspense, useCallback, useLayoutEffect, useRef, useState, type KeyboardEvent } from 'react'
import { commandOf } from '../../app/keys.ts'
import { t } from '../../locales/index.ts'
import { IconButton } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { inTone } from '../../ui/emoji/emoji-data.ts'
import { Icon } from '../../ui/icon.tsx'
import { useViewModel } from '../../ui/use-view-model.ts'
import type { ComposerModel } from './composer-model.ts'
import styles from './composer.module.css'
import { insertText, toggleMark, type EditState } from './text-edit.ts'
import { useCompletion } from './use-completion.ts'
import { part } from '../../ui/part.ts'

const cx = classNames(styles)
const EmojiPopup = part(async () => (await import('./emoji-popup.tsx')).EmojiPopup)

interface ComposerFieldProps {
  readonly composer: ComposerModel
  readonly conversation: Conversation
}

/** The field itself: grows to eight lines, Enter sends, `:name` becomes an emoji. */
export function ComposerField({ composer, conversation }: ComposerFieldProps) {
  const { text, mode, canSend, focusSerial } = useViewModel(composer)
  const field = useRef<HTMLTextAreaElement>(null)
  const wanted = useRef<EditState>(undefined)
  const [caret, setCaret] = useState({ start: 0, end: 0 })
  const [picker, setPicker] = useState<{ readonly x: number; readonly y: number }>()

  const apply = useCallback(
    (next: EditState) => {
      wanted.current = next
      setCaret(next)
      composer.setText(next.text)
    },
    [composer],
  )
  const edit: EditState = { text, ...caret }
  const completion = useCompletion({ edit, apply })

  useLayoutEffect(() => {
    const element = field.current
    if (element === null || focusSerial === 0) return
    element.focus({ preventScroll: true })
    element.setSelectionRange(element.value.length, element.value.length)
  }, [focusSerial])
  useLayoutEffect(() => {
    const next = wanted.current
    wanted.current = undefined
    if (next !== undefined && next.text === text) field.current?.setSelectionRange(next.start, next.end)
  }, [text])

  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (!completion.onKeyDown(event) && !run(event)) return
    event.preventDefault()
    event.stopPropagation()
  }
  const run = (event: KeyboardEvent<HTMLTextAreaElement>): boolean => {
    const { selectionStart: start, selectionEnd: end } = event.currentTarget
    switch (commandOf(event.nativeEvent, 'composer')) {
      case 'send':
        composer.send()
        return true
      case 'editLast':
        return text === '' && composer.editLast()
      case 'bold':
        apply(toggleMark({ text, start, end }, '**'))
        return true
      case 'italic':
        apply(toggleMark({ text, start, end }, '*'))
        return true
      default:
        return false
    }
  }
  const pickEmoji = (emoji: string) => {
    setPicker(undefined)
    apply(insertText(edit, emoji))
    field.current?.focus()
  }
  const isEditing = mode.type === 'edit'
  const active = completion.options[completion.at]
  return (
    <div className={cx('box')}>
      {completion.options.length > 0 && (
        <div id="emoji-options" className={cx('options')} role="listbox" aria-label={t.composer.suggestions}>
          {completion.options.map((option, at) => (
            <div
              key={option.entry.emoji}
              id={`emoji-option-${at}`}
              role="option"
              tabIndex={-1}
              aria-selected={at === completion.at}
              className={cx('option')}
              onPointerMove={() => completion.setChosen(at)}
              onPointerDown={(event) => {
                event.preventDefault()
                completion.pick(option)
              }}
            >
              <span className={cx('optionEmoji')}>{inTone(option.entry, completion.skinTone)}</span>:{option.name}:
            </div>
          ))}
        </div>
      )}
      <textarea
        ref={field}
        className={cx('field')}
        rows={1}
        value={text}
        dir="auto"
        placeholder={t.composer.placeholder}
        aria-label={t.composer.label(conversation.name)}
        aria-autocomplete="list"
        aria-controls={active === undefined ? undefined : 'emoji-options'}
        aria-activedescendant={active === undefined ? undefined : `emoji-option-${completion.at}`}
        data-testid="composer"
        enterKeyHint="send"
        onChange={(event) => {
          setCaret({ start: event.target.selectionStart, end: event.target.selectionEnd })
          composer.setText(event.target.value)
        }}
        onSelect={({ currentTarget }) =>
          setCaret({ start: currentTarget.selectionStart, end: currentTarget.selectionEnd })
        }
        onKeyDown={onKeyDown}
        onBlur={() => composer.flush()}
      />
      <IconButton
        icon="smile"
        label={t.composer.emoji}
        aria-haspopup="dialog"
        aria-expanded={picker !== undefined}
        onClick={(event) => {
          const box = event.currentTarget.getBoundingClientRect()
          setPicker({ x: box.right, y: box.top })
        }}
      />
      <button
        type="button"
        className={cx('send')}
        disabled={!canSend}
        aria-label={isEditing ? t.composer.save : t.composer.send}
        title={isEditing ? t.composer.save : t.composer.send}
        onClick={() => composer.send()}
      >
        <Icon name={isEditing ? 'check' : 'send'} />
      </button>
      {picker !== undefined && (
        <Suspense fallback={null}>
          <EmojiPopup at={picker} onPick={pickEmoji} onClose={() => setPicker(undefined)} />
        </Suspense>
      )}
    </div>
  )
}
