/** What Dropbox answers, as the engine knows it. https://www.dropbox.com/developers/documentation/http. Spec: BLK-7, BLK-13. */
import { PortError } from '@parley/engine'

/** A longer pause is asked for again. */
export const RETRY_AFTER_MAX_MS = 600_000

/** A refusal that Dropbox answered with. */
export interface Answer {
  readonly status: number
  /** `path/not_found/..`: the tags from the outside in. Empty when there are none. */
  readonly summary: string
  /** The part under `error`, if any. */
  readonly error: unknown
  readonly retryAfterMs: number | undefined
}

/** `undefined` when Dropbox did not answer at all. */
export function answerOf(thrown: unknown): Answer | undefined {
  const status = field(thrown, 'status')
  if (typeof status !== 'number') return undefined
  const body = field(thrown, 'error')
  const summary = field(body, 'error_summary')
  return {
    status,
    summary: typeof summary === 'string' ? summary : '',
    error: field(body, 'error'),
    retryAfterMs: retryAfter(field(thrown, 'headers')),
  }
}

export const isMissing = (answer: Answer | undefined): boolean =>
  answer?.status === 409 && /^(path|path_lookup)\/not_found/.test(answer.summary)

/** Any failure of the SDK. `doing` names the attempt. */
export function toPortError(thrown: unknown, doing: string): PortError {
  const answer = answerOf(thrown)
  const options = { cause: thrown }
  if (answer === undefined)
    return new PortError('STORAGE_UNREACHABLE', `Dropbox does not answer ${doing}`, true, options)
  const { status, summary } = answer
  if (summary.includes('insufficient_space') || summary.includes('insufficient_quota')) {
    return new PortError('STORAGE_REFUSED', `Dropbox has no space left while ${doing}`, false, options)
  }
  const why = `${status} ${summary}`.trim()
  if (status === 429 || status >= 500 || summary.includes('too_many_write_operations')) {
    return new PortError('STORAGE_UNREACHABLE', `Dropbox is busy (${why}) while ${doing}`, true, options)
  }
  return new PortError('STORAGE_REFUSED', `Dropbox refuses (${why}) ${doing}`, false, options)
}

/** A property of whatever was thrown or sent. */
export const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined

function retryAfter(headers: unknown): number | undefined {
  if (!(headers instanceof Headers)) return undefined
  const seconds = Number(headers.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds * 1_000, RETRY_AFTER_MAX_MS) : undefined
}
