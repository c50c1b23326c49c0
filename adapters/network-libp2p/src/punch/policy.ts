/**
 * When to try for a direct path: at once on a new relayed link, a few times again soon after a failure, and then only
 * when there is a reason to expect something else. Spec: NET-24. Pure: times are given, in milliseconds.
 */

/** Failures in a row that are followed by another try without a reason. */
export const PUNCH_RETRIES_MAX = 3
/** Before the first of them; each next one waits four times as long. */
export const PUNCH_RETRY_MS = 2_000
/** A reason (another address of ours, a new link) counts again this long after the last try. */
export const PUNCH_PAUSE_MS = 30_000
/** A direct connection that lasted this long was a good one. */
export const PUNCH_STABLE_MS = 60_000

export interface PunchState {
  readonly failures: number
  /** Of the last try that ended. */
  readonly failedAt: number | undefined
  readonly directAt: number | undefined
}

export const NEVER_TRIED: PunchState = { failures: 0, failedAt: undefined, directAt: undefined }

/** After a try that found no path. */
export function failed(state: PunchState, now: number): PunchState {
  return { failures: state.failures + 1, failedAt: now, directAt: undefined }
}

/** There is a direct connection. */
export function succeeded(state: PunchState, now: number): PunchState {
  return { ...state, directAt: now }
}

/** The direct connection is gone: one that did not last counts as a failure, or a bad path would be tried for ever. */
export function lost(state: PunchState, now: number): PunchState {
  if (state.directAt === undefined) return state
  return now - state.directAt >= PUNCH_STABLE_MS ? NEVER_TRIED : failed(state, now)
}

/** How long to wait before the next try without any reason; `undefined`: until there is one. */
export function retryAfter(state: PunchState, now: number): number | undefined {
  if (state.failedAt === undefined) return 0
  if (state.failures > PUNCH_RETRIES_MAX) return undefined
  return Math.max(0, state.failedAt + PUNCH_RETRY_MS * 4 ** (state.failures - 1) - now)
}

/** The same when there is a reason: another address of ours, another relayed link. */
export function retryWithReasonAfter(state: PunchState, now: number): number {
  const soon = retryAfter(state, now) ?? Number.POSITIVE_INFINITY
  return Math.min(soon, state.failedAt === undefined ? 0 : Math.max(0, state.failedAt + PUNCH_PAUSE_MS - now))
}
