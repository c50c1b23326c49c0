/** Ending: by signal, in time, and by what a person does twice. */

/** Everything is stopped within this, or the process ends anyway: what matters is on disk before it is said. */
const STOP_TIMEOUT_MS = 1_800
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** Exit code of what a person broke off. */
export const INTERRUPTED = 130
/** One Ctrl-C may come several times: from the terminal, from npm, and from the process that launched us. */
const REPEAT_MS = 500

/** Resolves at the first request to end; the second ends the process at once. Ask before starting anything. */
export function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    let askedMs: number | undefined
    const end = (): void => {
      const nowMs = performance.now()
      if (askedMs !== undefined && nowMs - askedMs > REPEAT_MS) process.exit(INTERRUPTED)
      askedMs ??= nowMs
      resolve()
    }
    for (const signal of SIGNALS) process.on(signal, end)
  })
}

/** Waits for `stop`, at most so long that a clean end stays under two seconds. @returns false when time ran out. */
export async function stopInTime(stop: () => PromiseLike<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), STOP_TIMEOUT_MS)
  })
  const isStopped = await Promise.race([Promise.resolve(stop()).then(() => true), late])
  clearTimeout(timer)
  return isStopped
}
