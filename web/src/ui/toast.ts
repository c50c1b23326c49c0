import { createCell, type ViewModel } from './view-model.ts'

/** A word that goes by itself: something was copied, something can be taken back. Never an error. */
export interface Toast {
  readonly id: number
  readonly text: string
  readonly action?: { readonly label: string; run(): void }
}

export interface Toasts extends ViewModel<readonly Toast[]> {
  show(text: string, action?: Toast['action']): void
  dismiss(id: number): void
}

const TOAST_MS = 4_000
const TOASTS_MAX = 3

export const createToasts = (after: (delayMs: number, run: () => void) => () => void): Toasts => {
  const cell = createCell<readonly Toast[]>([])
  let count = 0
  const dismiss = (id: number) => cell.set(cell.getSnapshot().filter((toast) => toast.id !== id))
  return {
    getSnapshot: cell.getSnapshot,
    subscribe: cell.subscribe,
    dismiss,
    show: (text, action) => {
      count += 1
      const id = count
      const kept = cell.getSnapshot().filter((toast) => toast.text !== text)
      cell.set([...kept, { id, text, ...(action === undefined ? {} : { action }) }].slice(-TOASTS_MAX))
      after(TOAST_MS, () => dismiss(id))
    },
  }
}
