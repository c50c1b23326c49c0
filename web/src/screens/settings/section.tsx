import type { ReactNode } from 'react'
import { classNames } from '../../ui/class-names.ts'
import styles from './settings-pane.module.css'

const cx = classNames(styles)

/** Settings that belong together, under a heading. */
export function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className={cx('section')} aria-label={title}>
      <h3>{title}</h3>
      <div className={cx('group')}>{children}</div>
    </section>
  )
}
