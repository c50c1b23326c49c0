import type { MessageState } from '@parley/engine/api'
import { classNames } from './class-names.ts'
import styles from './message-state.module.css'

const cx = classNames(styles)

/** One shape a state, so that colour is never needed to tell them apart. */
const shapes: Readonly<Record<MessageState, string>> = {
  queued: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 5v3.200l2 1.300',
  sent: 'm3.500 8.500 3 3 6-6.500',
  stored: 'M2.500 9.500v2.500a1 1 0 0 0 1 1h9a1 1 0 0 0 1-1V9.500M8 2.500v6.500M5.300 6.500 8 9.200l2.700-2.700',
  delivered: 'm1.500 8.500 3 3 6-6.500M7.700 11l.500.500 6-6.500',
  read: 'M8 14.500a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13ZM4.200 8.400l1.100-1.100 1.900 1.900 3.500-4 1.150 1-4.600 5.250Z',
  failed: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 5v3.500M8 10.900v.050',
}

interface MessageStateIconProps {
  readonly state: MessageState
  /** Its name. Without one it is decoration, beside the words. */
  readonly label?: string
}

/** How far a message of one's own got. */
export function MessageStateIcon({ state, label }: MessageStateIconProps) {
  const isFilled = state === 'read'
  const drawing = (
    <svg
      className={cx('icon', state)}
      width="16"
      height="16"
      viewBox="0 0 16 16"
      fill={isFilled ? 'currentColor' : 'none'}
      fillRule="evenodd"
      stroke={isFilled ? 'none' : 'currentColor'}
      strokeWidth={1.4}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={shapes[state]} />
    </svg>
  )
  if (label === undefined) return drawing
  return (
    <span className={cx('named')} role="img" aria-label={label} title={label}>
      {drawing}
    </span>
  )
}
