import type { ClockPort } from '../ports/clock.ts'
import { withDeadline } from '../ports/deadline.ts'

/** {@link withDeadline} on the engine's clock. */
export const within = <T>(
  clock: ClockPort,
  parents: readonly AbortSignal[],
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => withDeadline((delayMs, fire) => clock.after(delayMs, fire), parents, timeoutMs, work)
