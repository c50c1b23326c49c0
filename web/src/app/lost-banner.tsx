import { t } from '../locales/index.ts'
import { classNames } from '../ui/class-names.ts'
import { Icon } from '../ui/icon.tsx'
import { useViewModel } from '../ui/use-view-model.ts'
import { useApp } from './context.ts'
import styles from './lost-banner.module.css'

const cx = classNames(styles)

/** Says calmly that the node is gone; the page waits for it. */
export function LostBanner() {
  const { session } = useApp()
  if (useViewModel(session.link) !== 'lost') return null
  return (
    <div className={cx('banner')} role="status">
      <Icon name="network" size={16} />
      {t.boot.lost}
    </div>
  )
}
