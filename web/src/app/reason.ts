import { EngineError, errorTable, type ErrorCode } from '@parley/engine/api'
import { t } from '../locales/index.ts'

const isCode = (code: unknown): code is ErrorCode => typeof code === 'string' && Object.hasOwn(errorTable, code)

/** The code of an error that crossed from the node; by its code, since prototypes do not cross. */
export const codeOf = (error: unknown): ErrorCode | undefined => {
  if (error instanceof EngineError) return error.code
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return isCode(code) ? code : undefined
}

/** What happened, in words for people. */
export const reasonOf = (error: unknown): string => {
  const code = codeOf(error)
  return code === undefined ? t.errors.unknown : errorTable[code].user
}
