import type { Cancel, ClockPort } from '@parley/engine'

/** 2026-01-01T00:00:00Z: any fixed moment will do. */
const START_MS = 1_767_225_600_000

/** A clock that stands still until the test moves it. */
export interface TestClock extends ClockPort {
  /** Moves time on, firing due timers in order of time, then of creation; also those that firing creates. */
  elapse(durationMs: number): void
  /**
   * Like {@link elapse}, and gives everything that awaits a turn before and after each timer fires. Work that waits for
   * a thread (WebCrypto, argon2id) may need more turns: await it itself.
   */
  run(durationMs: number): Promise<void>
  /** Sets the device's clock `byMs` forward or back; timers are not affected. */
  jump(byMs: number): void
  /** Running time until the next timer, `undefined` when none waits. */
  nextTimerInMs(): number | undefined
  readonly timers: number
}

interface Timer {
  readonly dueMs: number
  readonly sequence: number
  readonly fire: () => void
}

export function createTestClock(startMs = START_MS): TestClock {
  let runningMs = 0
  let offsetMs = startMs
  let sequence = 0
  const timers = new Set<Timer>()

  const next = (): Timer | undefined => {
    let first: Timer | undefined
    for (const timer of timers) {
      const isEarlier =
        first === undefined ||
        timer.dueMs < first.dueMs ||
        (timer.dueMs === first.dueMs && timer.sequence < first.sequence)
      if (isEarlier) first = timer
    }
    return first
  }
  /** Fires the first timer due by `endMs`; false when there is none. */
  const fireOne = (endMs: number): boolean => {
    const timer = next()
    if (timer === undefined || timer.dueMs > endMs) return false
    timers.delete(timer)
    runningMs = Math.max(runningMs, timer.dueMs)
    timer.fire()
    return true
  }
  return {
    now: () => offsetMs + Math.floor(runningMs),
    after(delayMs, fire): Cancel {
      const timer = { dueMs: runningMs + Math.max(0, delayMs), sequence: sequence++, fire }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    elapse(durationMs) {
      const endMs = runningMs + durationMs
      while (fireOne(endMs));
      runningMs = endMs
    },
    async run(durationMs) {
      const endMs = runningMs + durationMs
      do await turn()
      while (fireOne(endMs))
      runningMs = endMs
      await turn()
    },
    jump(byMs) {
      offsetMs += byMs
    },
    nextTimerInMs() {
      const timer = next()
      return timer === undefined ? undefined : Math.max(0, timer.dueMs - runningMs)
    },
    get timers() {
      return timers.size
    },
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
