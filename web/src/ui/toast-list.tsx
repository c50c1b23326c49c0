import { classNames } from './class-names.ts'
import styles from './toast.module.css'
import type { Toasts } from './toast.ts'
import { useViewModel } from './use-view-model.ts'

const cx = classNames(styles)

export function ToastList({ toasts }: { readonly toasts: Toasts }) {
  return (
    <div className={cx('list')} role="status" aria-live="polite">
      {useViewModel(toasts).map(({ id, text, action }) => (
        <div key={id} className={cx('toast')}>
          {text}
          {action !== undefined && (
            <button
              type="button"
              className={cx('action')}
              onClick={() => {
                action.run()
                toasts.dismiss(id)
              }}
            >
              {action.label}
            </button>
          )}
        </div>
      ))}
    </div>
  )
}
