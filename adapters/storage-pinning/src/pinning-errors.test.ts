import { PortError } from '@parley/engine'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readRefusal, toPinFailure, toPortError } from './pinning-errors.ts'

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
  it('[BLK-7] [BLK-15] keep the words of the service, not too many', async () => {
    const refusal = await readRefusal(
      Response.json({ error: { reason: 'INSUFFICIENT_FUNDS', details: 'x'.repeat(10_000) } }, { status: 409 }),
    )
    expect(refusal.reason).toMatch(/^INSUFFICIENT_FUNDS: x+$/)
    expect(refusal.reason.length).toBe(200)
    expect(toPortError(refusal, 'storing a block')).toMatchObject({ code: 'STORAGE_REFUSED', isRetryable: false })
    expect(toPinFailure('out of space').code).toBe('STORAGE_REFUSED')
    expect(toPinFailure('no peer answered').code).toBe('STORAGE_UNREACHABLE')
    for (const body of ['', 'null', '[]', '{"error":null}', '{"error":{"reason":7}}', '<html>']) {
      expect([body, (await readRefusal(new Response(body, { status: 502 }))).reason]).toEqual([body, ''])
    }
  })
})
