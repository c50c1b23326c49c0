import { useApp } from '../app/context.ts'
import { t } from '../locales/index.ts'

/** Copies and says so. */
export const useCopy = (): ((text: string) => void) => {
  const { toasts } = useApp()
  return (text) => {
    navigator.clipboard.writeText(text).then(
      () => toasts.show(t.app.copied),
      () => toasts.show(t.errors.unknown),
    )
  }
}
