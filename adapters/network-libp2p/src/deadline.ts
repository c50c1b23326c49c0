import type { Cancel } from '@parley/engine'

/** The platform's timer in the shape of ClockPort. */
export function after(delayMs: number, fire: () => void): Cancel {
  const timer = setTimeout(fire, delayMs)
  return () => clearTimeout(timer)
}

/**
 * Runs `work` with a signal that aborts when `parent` does or after `timeoutMs`, and takes every listener and timer
 * away again. (`AbortSignal.any` with a long-lived parent keeps each combination alive as long as the parent.)
 */
export async function withDeadline<T>(
  parent: AbortSignal,
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  parent.throwIfAborted()
  const controller = new AbortController()
  const abort = (): void => controller.abort(parent.reason)
  const timer = setTimeout(() => controller.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
  parent.addEventListener('abort', abort, { once: true })
  try {
    return await work(controller.signal)
  } finally {
    clearTimeout(timer)
    parent.removeEventListener('abort', abort)
  }
}

/** Waits for `promise` as long as `signal` is not aborted; aborting leaves the work behind the promise alone. */
export async function waitUnlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
