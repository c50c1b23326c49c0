import { useCallback, useEffect, useRef, type PointerEvent } from 'react'
import type { Point } from './message-commands.ts'

const LONG_PRESS_MS = 450
const STILL_PX = 10

/** A finger that stays where it is. Browsers without a context menu by touch need this. */
export const useLongPress = (onLongPress: (at: Point) => void) => {
  const press = useRef<{ readonly at: Point; readonly timer: ReturnType<typeof setTimeout> }>(undefined)
  const end = useCallback(() => {
    clearTimeout(press.current?.timer)
    press.current = undefined
  }, [])
  useEffect(() => end, [end])
  return {
    onPointerDown: (event: PointerEvent) => {
      end()
      if (event.pointerType !== 'touch') return
      const at = { x: event.clientX, y: event.clientY }
      press.current = { at, timer: setTimeout(() => onLongPress(at), LONG_PRESS_MS) }
    },
    onPointerMove: (event: PointerEvent) => {
      const at = press.current?.at
      if (at !== undefined && Math.hypot(event.clientX - at.x, event.clientY - at.y) > STILL_PX) end()
    },
    onPointerUp: end,
    onPointerCancel: end,
  }
}
