import type { ClockPort } from '../ports/clock.ts'

/** Until `work` ends, as it does at the latest when the engine stops; but not longer than `patienceMs`. `work` never rejects. */
export async function patience(clock: ClockPort, patienceMs: number, work: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const cancel = clock.after(patienceMs, resolve)
  await Promise.race([work, promise])
  cancel()
}
