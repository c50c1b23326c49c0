import { classNames } from '../../ui/class-names.ts'
import { t } from '../../locales/index.ts'
import styles from './skeleton.module.css'

const cx = classNames(styles)
const rows = [38, 62, 24, 50, 70, 30] as const

/** The shape of what is coming; by its style it shows only after 150 ms. */
export function Skeleton() {
  return (
    <div className={cx('skeleton')} role="progressbar" aria-label={t.app.loading}>
      {rows.map((width, at) => (
        <div key={width} className={cx('row', at % 3 === 1 && 'own')} style={{ '--width': `${width}%` }} />
      ))}
    </div>
  )
}
