/**
 * Runs `work` with a signal that aborts when `parent` does or after `timeoutMs`, and takes every listener and timer away
 * again. (`AbortSignal.any` with a long-lived parent keeps each combination alive as long as the parent.)
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
