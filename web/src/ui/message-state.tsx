import type { MessageState } from '@parley/engine/api'
import { t } from '../locales/index.ts'
import { classNames } from './class-names.ts'
import styles from './message-state.module.css'

const cx = classNames(styles)

/** One shape a state, so that colour is never needed to tell them apart. */
const shapes: Readonly<Record<MessageState, string>> = {
  queued: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 5v3.200l2 1.300',
  sent: 'm3.500 8.500 3 3 6-6.500',
  stored: 'M2.500 9.500v2.500a1 1 0 0 0 1 1h9a1 1 0 0 0 1-1V9.500M5 6.500l2.500 2.500 4.500-5',
  delivered: 'm1.500 8.500 3 3 6-6.500M7.700 11l.500.500 6-6.500',
  read: 'm1.500 8.500 3 3 6-6.500M7.700 11l.500.500 6-6.500',
  failed: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 5v3.500M8 10.900v.050',
}

interface MessageStateIconProps {
  readonly state: MessageState
  /** With the word beside it the icon is decoration. */
  readonly isDecoration?: boolean
}

/** How far a message of one's own got. */
export function MessageStateIcon({ state, isDecoration = false }: MessageStateIconProps) {
  return (
    <svg
      className={cx('icon', state)}
      width="16"
      height="16"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth={state === 'read' ? 1.9 : 1.4}
      strokeLinecap="round"
      strokeLinejoin="round"
      {...(isDecoration ? { 'aria-hidden': true } : { role: 'img', 'aria-label': t.timeline.states[state] })}
    >
      <path d={shapes[state]} />
    </svg>
  )
}
