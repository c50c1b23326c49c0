import { useSyncExternalStore } from 'react'

const MINUTE_MS = 60_000

let minute = Math.floor(Date.now() / MINUTE_MS)
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

const tick = () => {
  const next = Math.floor(Date.now() / MINUTE_MS)
  if (next === minute) return
  minute = next
  for (const changed of listeners) changed()
}

const subscribe = (changed: () => void) => {
  listeners.add(changed)
  tick()
  timer ??= setInterval(tick, 5_000)
  return () => {
    listeners.delete(changed)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** Unix milliseconds of the present minute; renders again when it is over. For "5 min. ago". */
export const useMinute = (): number => useSyncExternalStore(subscribe, () => minute) * MINUTE_MS
