import { PortError } from '@parley/engine'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isNotFound, toPortError } from './s3-errors.ts'

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
  it('[BLK-14] that mean a missing object are told from a missing bucket', () => {
    const thrown = (name: string, status: number): Error =>
      Object.assign(new Error(name), { name, $metadata: { httpStatusCode: status } })
    expect(isNotFound(thrown('NotFound', 404))).toBe(true)
    expect(isNotFound(thrown('NoSuchKey', 404))).toBe(true)
    expect(isNotFound(thrown('NoSuchBucket', 404))).toBe(false)
    expect(isNotFound(thrown('AccessDenied', 403))).toBe(false)
    fc.assert(fc.property(fc.anything(), (any) => typeof isNotFound(any) === 'boolean'))
  })
})
