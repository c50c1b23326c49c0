/** Waiting for something that happens in another process. */

const WAIT_MS = 15_000
const LOOK_MS = 25

/** A pause: only to look again later, never instead of a condition. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * Looks until `look` gives something other than `undefined` and `false`, and returns it. @throws after `waitMs`, saying
 * what did not happen and what the last look threw, if it did.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  waitMs = WAIT_MS,
): Promise<T> {
  const endsAt = performance.now() + waitMs
  let last: unknown
  for (;;) {
    try {
      const found = await look()
      if (found !== undefined && found !== false) return found
      last = undefined
    } catch (error) {
      last = error
    }
    if (performance.now() > endsAt) throw new Error(`In ${waitMs} ms it did not happen: ${what}`, { cause: last })
    await pause(LOOK_MS)
  }
}
