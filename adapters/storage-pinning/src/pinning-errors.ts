/** What pinning services answer, as the engine knows it. https://ipfs.github.io/pinning-services-api-spec/. Spec: BLK-7. */
import { PortError } from '@parley/engine'

/** Of an answer's own words, so much is kept for a person to read. */
const DETAILS_LENGTH_MAX = 200
const FULL = /insufficient|quota|funds|limit|full|space/i
const BUSY: ReadonlySet<number> = new Set([408, 425, 429])

/** The service answered with another status than success. */
export class RefusedAnswer extends Error {
  override readonly name = 'RefusedAnswer'
  readonly status: number
  /** `INSUFFICIENT_FUNDS: Unable to process request due to the lack of funds`, as the service put it. */
  readonly reason: string

  constructor(status: number, reason: string) {
    super(`${status} ${reason}`.trim())
    this.status = status
    this.reason = reason
  }
}

/** Reads the failure that came with `response`; what cannot be read has no words. */
export async function readRefusal(response: Response): Promise<RefusedAnswer> {
  let reason = ''
  try {
    const body: unknown = await response.json()
    const error = field(body, 'error')
    reason = [field(error, 'reason'), field(error, 'details')].filter((part) => typeof part === 'string').join(': ')
  } catch {
    // the status says enough
  }
  return new RefusedAnswer(response.status, reason.slice(0, DETAILS_LENGTH_MAX))
}

/** Any failure of a call. `doing` names the attempt. */
export function toPortError(error: unknown, doing: string): PortError {
  if (error instanceof PortError) return error
  const options = { cause: error }
  if (!(error instanceof RefusedAnswer)) {
    return new PortError('STORAGE_UNREACHABLE', `the pinning service does not answer ${doing}`, true, options)
  }
  const { status, reason } = error
  if (status >= 500 || BUSY.has(status)) {
    return new PortError('STORAGE_UNREACHABLE', `the pinning service is busy (${status}) while ${doing}`, true, options)
  }
  const what = FULL.test(reason) ? 'has no space left for us' : 'refuses'
  return new PortError('STORAGE_REFUSED', `the pinning service ${what} (${error.message}) ${doing}`, false, options)
}

/** The service took the request and could not do it. */
export function toPinFailure(details: string): PortError {
  if (FULL.test(details)) {
    return new PortError('STORAGE_REFUSED', `the pinning service has no space left for us (${details})`, false)
  }
  return new PortError('STORAGE_UNREACHABLE', `the pinning service could not fetch the block (${details})`, true)
}

/** A property of whatever came. */
export const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
