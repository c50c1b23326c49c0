import { withDeadline as withDeadlineOn, type Cancel } from '@parley/engine'

/** As in ClockPort. */
export type After = (delayMs: number, fire: () => void) => Cancel

const realAfter: After = (delayMs, fire) => {
  const timer = setTimeout(fire, delayMs)
  return () => clearTimeout(timer)
}

/** The engine's, on this machine's timers. */
export const withDeadline = <T>(
  parents: readonly AbortSignal[],
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<T>,
  after: After = realAfter,
): Promise<T> => withDeadlineOn(after, parents, timeoutMs, work)
