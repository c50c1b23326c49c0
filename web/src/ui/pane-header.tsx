import { useApp } from '../app/context.ts'
import { t } from '../locales/index.ts'
import { IconButton } from './button.tsx'
import { classNames } from './class-names.ts'
import styles from './pane-header.module.css'

const cx = classNames(styles)

interface PaneHeaderProps {
  readonly title: string
  /** Shown as a cross; without it the pane is left by going home on narrow screens. */
  readonly onClose?: () => void
}

export function PaneHeader({ title, onClose }: PaneHeaderProps) {
  const { navigation } = useApp()
  return (
    <header className={cx('header')}>
      {onClose === undefined && (
        <span className={cx('back')}>
          <IconButton icon="back" label={t.app.back} onClick={() => navigation.goHome()} />
        </span>
      )}
      <h2>{title}</h2>
      {onClose !== undefined && <IconButton icon="close" label={t.app.close} onClick={onClose} />}
    </header>
  )
}
