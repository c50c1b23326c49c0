import { t } from '../../locales/index.ts'
import { classNames } from '../../ui/class-names.ts'
import { Icon } from '../../ui/icon.tsx'
import styles from './timeline-view.module.css'

const cx = classNames(styles)

interface JumpButtonProps {
  readonly isShown: boolean
  readonly unread: number
  readonly onPress: () => void
}

export function JumpButton({ isShown, unread, onPress }: JumpButtonProps) {
  if (!isShown) return null
  const label = unread > 0 ? t.timeline.jumpUnread(unread) : t.timeline.jump
  return (
    <button type="button" className={cx('jump')} aria-label={label} title={label} onClick={onPress}>
      <Icon name="chevron-down" />
      {unread > 0 && <span className={cx('jumpCount')}>{unread > 999 ? '999+' : unread}</span>}
    </button>
  )
}
