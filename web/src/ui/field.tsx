import { useId, type ComponentProps, type ReactNode, type Ref } from 'react'
import { classNames } from './class-names.ts'
import styles from './field.module.css'
import { Icon } from './icon.tsx'

const cx = classNames(styles)

interface FieldProps extends Omit<ComponentProps<'input'>, 'className' | 'onChange' | 'value' | 'ref'> {
  readonly label: string
  readonly value: string
  readonly onText: (text: string) => void
  readonly hint?: ReactNode
  readonly error?: string | undefined
  readonly ref?: Ref<HTMLInputElement>
}

/** A labelled line of text. */
export function TextField({ label, value, onText, hint, error, ...rest }: FieldProps) {
  const id = useId()
  return (
    <div className={cx('field')}>
      <label className={cx('label')} htmlFor={id}>
        {label}
      </label>
      <input
        id={id}
        className={cx('input')}
        value={value}
        dir="auto"
        aria-invalid={error === undefined ? undefined : true}
        aria-describedby={`${id}-hint`}
        onChange={(event) => onText(event.target.value)}
        {...rest}
      />
      <Note id={`${id}-hint`} hint={hint} error={error} />
    </div>
  )
}

interface AreaProps extends Omit<ComponentProps<'textarea'>, 'className' | 'onChange' | 'value'> {
  readonly label: string
  readonly value: string
  readonly onText: (text: string) => void
  readonly hint?: ReactNode
  readonly error?: string | undefined
}

/** A labelled block of text. */
export function TextArea({ label, value, onText, hint, error, ...rest }: AreaProps) {
  const id = useId()
  return (
    <div className={cx('field')}>
      <label className={cx('label')} htmlFor={id}>
        {label}
      </label>
      <textarea
        id={id}
        className={cx('input')}
        value={value}
        dir="auto"
        aria-invalid={error === undefined ? undefined : true}
        aria-describedby={`${id}-hint`}
        onChange={(event) => onText(event.target.value)}
        {...rest}
      />
      <Note id={`${id}-hint`} hint={hint} error={error} />
    </div>
  )
}

function Note({
  id,
  hint,
  error,
}: {
  readonly id: string
  readonly hint: ReactNode
  readonly error: string | undefined
}) {
  if (error !== undefined) {
    return (
      <p id={id} className={cx('error')} role="alert">
        <Icon name="warning" size={16} />
        {error}
      </p>
    )
  }
  return hint === undefined ? null : (
    <p id={id} className={cx('hint')}>
      {hint}
    </p>
  )
}
