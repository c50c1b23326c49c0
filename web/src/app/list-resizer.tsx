import { useRef, type KeyboardEvent, type PointerEvent } from 'react'
import { t } from '../locales/index.ts'
import { useViewModel } from '../ui/use-view-model.ts'
import { classNames } from '../ui/class-names.ts'
import { useApp } from './context.ts'
import styles from './list-resizer.module.css'
import { LIST_WIDTH } from './preferences.ts'

const cx = classNames(styles)
const clamp = (width: number) => Math.round(Math.min(LIST_WIDTH.max, Math.max(LIST_WIDTH.min, width)))

/** The edge of the list: drag it, or move it with the arrow keys. */
export function ListResizer() {
  const { preferences } = useApp()
  const { listWidth } = useViewModel(preferences)
  const start = useRef<{ readonly x: number; readonly width: number; readonly sign: number }>(undefined)

  const signOf = (element: Element) => (getComputedStyle(element).direction === 'rtl' ? -1 : 1)
  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId)
    start.current = { x: event.clientX, width: listWidth, sign: signOf(event.currentTarget) }
  }
  const onPointerMove = (event: PointerEvent) => {
    const from = start.current
    if (from !== undefined) preferences.set({ listWidth: clamp(from.width + (event.clientX - from.x) * from.sign) })
  }
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const sign = signOf(event.currentTarget)
    const step = event.key === 'ArrowRight' ? sign : event.key === 'ArrowLeft' ? -sign : 0
    if (step === 0) return
    event.preventDefault()
    preferences.set({ listWidth: clamp(listWidth + step * LIST_WIDTH.step) })
  }
  return (
    <div
      className={cx('resizer')}
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label={t.app.resizeList}
      aria-valuenow={listWidth}
      aria-valuemin={LIST_WIDTH.min}
      aria-valuemax={LIST_WIDTH.max}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={() => (start.current = undefined)}
      onDoubleClick={() => preferences.set({ listWidth: 320 })}
      onKeyDown={onKeyDown}
    />
  )
}
