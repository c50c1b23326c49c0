import { t } from '../locales/index.ts'
import { classNames } from './class-names.ts'
import { Icon } from './icon.tsx'
import styles from './who-learns.module.css'

const cx = classNames(styles)

/** One line beside an action: who learns what of it, in the terms of the threat model. */
export function WhoLearns({ text, id }: { readonly text: string; readonly id?: string }) {
  return (
    <p className={cx('line')} id={id}>
      <Icon name="eye" size={16} />
      <span>
        <strong>{t.profile.learns.label}: </strong>
        {text}
      </span>
    </p>
  )
}
