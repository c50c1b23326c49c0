/** Errors in the form that OpenBazaar's clients read. Spec: OBG-5. */
import { EngineError, PortError } from '@parley/engine'

/** What is answered instead of a result. The reason is for people and repeats nothing of the request. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number

  constructor(status: number, reason: string, options?: ErrorOptions) {
    super(reason, options)
    this.status = status
  }
}

/** What go-multihash says of everything that is no peer id. */
export const notAPeer = (): Refusal => new Refusal(500, "input isn't valid multihash")

/** What the framework refuses by itself. */
const STATUS_BY_FRAMEWORK_CODE: Readonly<Record<string, number>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 413,
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 400,
  FST_ERR_BAD_URL: 404,
  FST_ERR_MAX_PARAM_LENGTH: 404,
}
const REASON_BY_STATUS: Readonly<Record<number, string>> = {
  400: 'That was not understood.',
  404: 'Not Found',
  413: 'http: request body too large',
  414: 'URI Too Long',
}
/** The engine's codes whose status differs from 500, which OpenBazaar's nodes give everything else. */
const STATUS_BY_ENGINE_CODE: Readonly<Record<string, number>> = {
  RATE_LIMITED: 429,
  INVALID_PARAMETERS: 400,
  PROFILE_TOO_LONG: 400,
  PROFILE_MALFORMED: 400,
  TEXT_TOO_LONG: 400,
  TEXT_EMPTY: 400,
  TEXT_NOT_SIGNABLE: 400,
}

/** Any failure as a refusal; `undefined` when it is a defect of ours, of which nothing may be shown. */
export function toRefusal(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error
  if (error instanceof EngineError) {
    return new Refusal(STATUS_BY_ENGINE_CODE[error.code] ?? 500, error.toProblem().title, { cause: error })
  }
  if (error instanceof PortError) return new Refusal(500, 'The node could not use its disk.', { cause: error })
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  const status = STATUS_BY_FRAMEWORK_CODE[code] ?? statusOf(error)
  return status === undefined ? undefined : new Refusal(status, REASON_BY_STATUS[status] ?? 'Bad Request')
}

function statusOf(error: unknown): number | undefined {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined
}

/** The body of a refusal; quotes as OpenBazaar writes them. */
export const refusalBody = (reason: string): string =>
  JSON.stringify({ success: false, reason: reason.replaceAll('"', "'") })
