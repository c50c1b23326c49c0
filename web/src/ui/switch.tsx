import { useId } from 'react'
import { classNames } from './class-names.ts'
import styles from './switch.module.css'

const cx = classNames(styles)

interface SwitchProps {
  readonly label: string
  readonly hint: string
  readonly isOn: boolean
  readonly onChange: (isOn: boolean) => void
}

/** A row with an on/off switch; the whole row is its label. */
export function Switch({ label, hint, isOn, onChange }: SwitchProps) {
  const id = useId()
  return (
    <label className={cx('row')} htmlFor={id}>
      <span className={cx('words')}>
        {label}
        <small id={`${id}-hint`}>{hint}</small>
      </span>
      <input
        id={id}
        type="checkbox"
        role="switch"
        className={cx('switch')}
        checked={isOn}
        aria-checked={isOn}
        aria-label={label}
        aria-describedby={`${id}-hint`}
        onChange={(event) => onChange(event.target.checked)}
      />
    </label>
  )
}
