import { t } from '../locales/index.ts'
import { Button } from './button.tsx'
import { classNames } from './class-names.ts'
import styles from './confirm.module.css'
import { Sheet } from './sheet.tsx'

const cx = classNames(styles)

interface ConfirmProps {
  readonly title: string
  readonly text: string
  readonly confirmLabel: string
  readonly onConfirm: () => void
  readonly onClose: () => void
}

/** The second thought before something that cannot be taken back. */
export function Confirm({ title, text, confirmLabel, onConfirm, onClose }: ConfirmProps) {
  return (
    <Sheet title={title} onClose={onClose} isAlert>
      <p className={cx('text')}>{text}</p>
      <div className={cx('actions')}>
        <Button onClick={onClose}>{t.app.cancel}</Button>
        <Button
          look="danger"
          onClick={() => {
            onConfirm()
            onClose()
          }}
        >
          {confirmLabel}
        </Button>
      </div>
    </Sheet>
  )
}
