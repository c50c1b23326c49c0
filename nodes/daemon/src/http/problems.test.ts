import { EngineError, errorTable, PortError } from '@parley/engine'
import { describe, expect, it } from 'vitest'
import { toEngineError } from './problems.ts'

/** Codes and HTTP statuses of released versions. Add to the end; never change or remove a line. */
const RELEASED = {
  INVALID_PARAMETERS: 400,
  TEXT_TOO_LONG: 400,
  TEXT_EMPTY: 400,
  INVITE_MALFORMED: 400,
  INVITE_EXPIRED: 410,
  INVITE_IS_OWN: 400,
  INVITE_NOT_FOUND: 404,
  CONVERSATION_NOT_FOUND: 404,
  MESSAGE_NOT_FOUND: 404,
  MESSAGE_NOT_YOURS: 403,
  CONTACT_NOT_FOUND: 404,
  CONTACT_BLOCKED: 409,
  REQUEST_NOT_FOUND: 404,
  PASSPHRASE_WRONG: 403,
  PASSPHRASE_TOO_SHORT: 400,
  LOCKED: 423,
  RECOVERY_PHRASE_INVALID: 400,
  ACCOUNT_IN_USE: 409,
  UNAUTHORIZED: 401,
  FORBIDDEN_ORIGIN: 403,
  NOT_FOUND: 404,
  TOO_LARGE: 413,
  RATE_LIMITED: 429,
  STORE_FULL: 507,
  STORE_FAILED: 500,
  PRACTICE_UNAVAILABLE: 503,
  CLOSED: 503,
  INTERNAL: 500,
}

describe('problems', () => {
  it('[API-6] keep the codes and statuses that were released', () => {
    const statuses = Object.fromEntries(Object.entries(errorTable).map(([code, { status }]) => [code, status]))
    expect(statuses).toMatchObject(RELEASED)
  })
  it('[API-5] are made from what the engine, the disk and the framework say', () => {
    const codeOf = (error: unknown) => toEngineError(error)?.code
    const framework = (code: string, statusCode: number) => Object.assign(new Error('x'), { code, statusCode })
    expect(codeOf(new EngineError('TEXT_EMPTY'))).toBe('TEXT_EMPTY')
    expect(codeOf(new PortError('STORE_FULL', 'x', true))).toBe('STORE_FULL')
    expect(codeOf(new PortError('STORE_CORRUPT', '/srv/alice', false))).toBe('STORE_FAILED')
    expect(toEngineError(new PortError('STORE_CORRUPT', 'alice', false))?.message).not.toContain('alice')
    expect(codeOf(framework('FST_ERR_CTP_BODY_TOO_LARGE', 413))).toBe('TOO_LARGE')
    expect(codeOf(framework('FST_SOMETHING_NEW', 418))).toBe('INVALID_PARAMETERS')
    expect(codeOf(new TypeError('a defect'))).toBeUndefined()
    expect(codeOf('a defect')).toBeUndefined()
  })
})
