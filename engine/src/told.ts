import { EngineError } from './api/errors.ts'
import { PortError } from './ports/port-error.ts'

/** What a caller is told; whatever is not meant for callers is a defect of ours. */
export function toEngineError(error: unknown): EngineError {
  if (error instanceof EngineError) return error
  if (!(error instanceof PortError)) return new EngineError('INTERNAL', String(error), { cause: error })
  const code = error.code === 'STORE_FULL' ? 'STORE_FULL' : 'STORE_FAILED'
  return new EngineError(code, error.message, { cause: error })
}
