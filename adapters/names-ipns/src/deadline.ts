import { withDeadline as withDeadlineOn, type Cancel } from '@parley/engine'

const after = (delayMs: number, fire: () => void): Cancel => {
  const timer = setTimeout(fire, delayMs)
  return () => clearTimeout(timer)
}

/** The engine's, on this machine's timers. */
export const withDeadline = <T>(
  parents: readonly AbortSignal[],
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => withDeadlineOn(after, parents, timeoutMs, work)
