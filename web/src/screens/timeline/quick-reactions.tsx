import type { KeyboardEvent } from 'react'
import { useApp } from '../../app/context.ts'
import { focusOnMount } from '../../ui/focus-on-mount.ts'
import { t } from '../../locales/index.ts'
import { classNames } from '../../ui/class-names.ts'
import { Icon } from '../../ui/icon.tsx'
import { useViewModel } from '../../ui/use-view-model.ts'
import styles from './message-menu.module.css'

const cx = classNames(styles)
const QUICK_MAX = 6

interface QuickReactionsProps {
  readonly onPick: (emoji: string) => void
  readonly onMore: () => void
  /** Takes the focus when it opens. */
  readonly isFirst?: boolean
}

/** The emoji used last, one press away. */
export function QuickReactions({ onPick, onMore, isFirst = false }: QuickReactionsProps) {
  const { recentEmoji } = useViewModel(useApp().preferences)
  return (
    <div className={cx('quick')} role="toolbar" aria-label={t.message.react} tabIndex={-1} onKeyDown={moveFocus}>
      {recentEmoji.slice(0, QUICK_MAX).map((emoji, at) => (
        <button
          key={emoji}
          type="button"
          className={cx('emoji')}
          aria-label={t.message.reactWith(emoji)}
          {...(isFirst && at === 0 ? { ref: focusOnMount } : {})}
          onClick={() => onPick(emoji)}
        >
          {emoji}
        </button>
      ))}
      <button type="button" className={cx('emoji', 'moreEmoji')} aria-label={t.message.moreEmoji} onClick={onMore}>
        <Icon name="add" />
      </button>
    </div>
  )
}

const moveFocus = (event: KeyboardEvent<HTMLElement>) => {
  const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
  if (step === 0) return
  const buttons = [...event.currentTarget.querySelectorAll('button')]
  const at = buttons.findIndex((button) => button === document.activeElement)
  event.preventDefault()
  buttons[(at + step + buttons.length) % buttons.length]?.focus()
}
