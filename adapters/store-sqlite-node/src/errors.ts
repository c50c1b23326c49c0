import { PortError } from '@parley/engine'

/** Primary result codes of SQLite: the low byte of the extended code. https://sqlite.org/rescode.html */
const SQLITE_CORRUPT = 11
const SQLITE_FULL = 13
const SQLITE_NOTADB = 26
const SQLITE_ERROR = 1
const SQLITE_MISMATCH = 20
const SQLITE_MISUSE = 21
const SQLITE_CONSTRAINT = 19
const SQLITE_RANGE = 25

/** Faults of the statement itself: asking again gives the same answer. */
const STATEMENT_FAULTS: ReadonlySet<number> = new Set([
  SQLITE_ERROR,
  SQLITE_CONSTRAINT,
  SQLITE_MISMATCH,
  SQLITE_MISUSE,
  SQLITE_RANGE,
])

/** The primary SQLite result code of an error that `node:sqlite` threw, `undefined` for any other error. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined
  return error.errcode & 0xff
}

/** Translates what SQLite or the file system threw; a {@link PortError} passes unchanged. `doing` names the attempt. */
export function toPortError(error: unknown, doing: string): PortError {
  if (error instanceof PortError) return error
  const code = sqliteCode(error)
  const systemCode = error instanceof Error && 'code' in error ? error.code : undefined
  const because = error instanceof Error ? error.message : String(error)
  if (code === SQLITE_FULL || systemCode === 'ENOSPC' || systemCode === 'EDQUOT') {
    return new PortError('STORE_FULL', `no space left while ${doing}: ${because}`, true, { cause: error })
  }
  if (code === SQLITE_CORRUPT || code === SQLITE_NOTADB) {
    return new PortError('STORE_CORRUPT', `damaged database while ${doing}: ${because}`, false, { cause: error })
  }
  const isRetryable = code !== undefined && !STATEMENT_FAULTS.has(code)
  return new PortError('STORE_FAILED', `${doing} failed: ${because}`, isRetryable, { cause: error })
}
