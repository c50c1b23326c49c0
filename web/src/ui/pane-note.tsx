import type { ReactNode } from 'react'
import { classNames } from './class-names.ts'
import { Icon, type IconName } from './icon.tsx'
import styles from './pane-note.module.css'

const cx = classNames(styles)

interface PaneNoteProps {
  readonly title: string
  readonly text?: string
  readonly icon?: IconName
  readonly children?: ReactNode
}

/** One sentence and at most one action, in the middle of an otherwise empty pane. */
export function PaneNote({ title, text, icon, children }: PaneNoteProps) {
  return (
    <div className={cx('note')}>
      {icon !== undefined && (
        <span className={cx('glyph')}>
          <Icon name={icon} size={28} />
        </span>
      )}
      <h2>{title}</h2>
      {text !== undefined && <p>{text}</p>}
      {children}
    </div>
  )
}
