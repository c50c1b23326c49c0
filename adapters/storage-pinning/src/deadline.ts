/**
 * Runs `work` with a signal that aborts when one of `parents` does or after `timeoutMs`, and takes every listener and
 * timer away again. (`AbortSignal.any` with a long-lived parent keeps each combination alive as long as the parent.)
 * Settles at once when the signal aborts; what `work` does after that is ignored.
 */
export async function withDeadline<T>(
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
  const timer = setTimeout(() => end(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
  for (const { parent, abort } of aborts) parent.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([work(controller.signal), aborted])
  } finally {
    clearTimeout(timer)
    for (const { parent, abort } of aborts) parent.removeEventListener('abort', abort)
  }
}
