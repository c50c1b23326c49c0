import type { Conversation } from '@parley/engine/api'
import { useLayoutEffect, useRef, type KeyboardEvent } from 'react'
import { commandOf } from '../../app/keys.ts'
import { t } from '../../locales/index.ts'
import { IconButton } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { Icon } from '../../ui/icon.tsx'
import { useViewModel } from '../../ui/use-view-model.ts'
import type { ComposerModel } from './composer-model.ts'
import styles from './composer.module.css'

const cx = classNames(styles)

interface ComposerFieldProps {
  readonly composer: ComposerModel
  readonly conversation: Conversation
}

/** The field itself: grows to eight lines, Enter sends. */
export function ComposerField({ composer, conversation }: ComposerFieldProps) {
  const { text, mode, canSend, focusSerial } = useViewModel(composer)
  const field = useRef<HTMLTextAreaElement>(null)
  useLayoutEffect(() => {
    const element = field.current
    if (element === null || focusSerial === 0) return
    element.focus({ preventScroll: true })
    element.setSelectionRange(element.value.length, element.value.length)
  }, [focusSerial])
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    const command = commandOf(event.nativeEvent, 'composer')
    if (command === 'send') composer.send()
    else if (command !== 'editLast' || text !== '' || !composer.editLast()) return
    event.preventDefault()
  }
  return (
    <div className={cx('box')}>
      <textarea
        ref={field}
        className={cx('field')}
        rows={1}
        value={text}
        dir="auto"
        placeholder={t.composer.placeholder}
        aria-label={t.composer.label(conversation.name)}
        data-testid="composer"
        onChange={(event) => composer.setText(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <button
        type="button"
        className={cx('send')}
        disabled={!canSend}
        aria-label={mode.type === 'edit' ? t.composer.save : t.composer.send}
        title={mode.type === 'edit' ? t.composer.save : t.composer.send}
        onClick={() => composer.send()}
      >
        <Icon name={mode.type === 'edit' ? 'check' : 'send'} />
      </button>
      <IconButton icon="smile" label={t.composer.emoji} />
    </div>
  )
}
