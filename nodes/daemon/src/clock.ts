import type { ClockPort } from '@parley/engine'

/** The longest delay that the platform's timers keep; they fire at once beyond it. */
const TIMER_MS_MAX = 2 ** 31 - 1

/** The machine's clock and timers. A waiting timer keeps the process alive. */
export const systemClock: ClockPort = {
  now: () => Date.now(),
  after(delayMs, fire) {
    let timer: NodeJS.Timeout
    const wait = (leftMs: number): void => {
      const partMs = Math.min(leftMs, TIMER_MS_MAX)
      timer = setTimeout(() => (leftMs > partMs ? wait(leftMs - partMs) : fire()), partMs)
    }
    wait(Math.max(0, delayMs))
    return () => clearTimeout(timer)
  },
}
