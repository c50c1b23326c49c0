import { PortError } from '@parley/engine'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RETRY_AFTER_MAX_MS, answerOf, isMissing, toPortError } from './dropbox-errors.ts'

describe('failures', () => {
  it('[BLK-7] of any kind become port errors that say what was tried', () => {
    fc.assert(
      fc.property(fc.anything(), (thrown) => {
        const error = toPortError(thrown, 'storing a block')
        expect(error).toBeInstanceOf(PortError)
        expect(['STORAGE_UNREACHABLE', 'STORAGE_REFUSED']).toContain(error.code)
        expect(error.message).toContain('storing a block')
        expect(error.isRetryable).toBe(error.code === 'STORAGE_UNREACHABLE')
      }),
    )
  })
  it('[BLK-13] carry the pause that Dropbox asks for, up to ten minutes', () => {
    const pauseOf = (value: string): number | undefined =>
      answerOf({ status: 429, headers: new Headers({ 'retry-after': value }), error: {} })?.retryAfterMs
    expect(pauseOf('15')).toBe(15_000)
    expect(pauseOf('86400')).toBe(RETRY_AFTER_MAX_MS)
    for (const value of ['0', '-1', 'soon', '']) expect([value, pauseOf(value)]).toEqual([value, undefined])
    expect(answerOf({ status: 429 })?.retryAfterMs).toBeUndefined()
    expect(answerOf(new TypeError('fetch failed'))).toBeUndefined()
  })
  it('[BLK-7] that mean a missing file are told from missing folders of other kinds', () => {
    const missing = (summary: string, status = 409): boolean =>
      isMissing(answerOf({ status, error: { error_summary: summary } }))
    expect(missing('path/not_found/..')).toBe(true)
    expect(missing('path_lookup/not_found/.')).toBe(true)
    expect(missing('path/malformed_path/..')).toBe(false)
    expect(missing('path/not_found/..', 404)).toBe(false)
    expect(isMissing(undefined)).toBe(false)
  })
})
