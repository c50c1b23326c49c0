import type { Cancel } from './clock.ts'

/**
 * Runs `work` with a signal that aborts when one of `parents` does or after `timeoutMs`, and takes every listener and
 * timer away again. (`AbortSignal.any` with a long-lived parent keeps each combination alive as long as the parent.)
 * Settles at once when the signal aborts; what `work` does after that is ignored. `after`: as in ClockPort.
 */
export async function withDeadline<T>(
  after: (delayMs: number, fire: () => void) => Cancel,
  parents: readonly AbortSignal[],
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  for (const parent of parents) parent.throwIfAborted()
  const controller = new AbortController()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const end = (reason: unknown): void => {
    controller.abort(reason)
    reject(reason)
  }
  const aborts = parents.map((parent) => ({ parent, abort: () => end(parent.reason) }))
  const cancel = after(timeoutMs, () => end(new Error(`no answer within ${timeoutMs} ms`)))
  for (const { parent, abort } of aborts) parent.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([work(controller.signal), aborted])
  } finally {
    cancel()
    for (const { parent, abort } of aborts) parent.removeEventListener('abort', abort)
  }
}
