import { accountOfKey, fromHex, sha256 } from '@parley/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  copyIdOf,
  createCopy,
  idOfNothing,
  isPeerId,
  messageIdOf,
  parseMessageId,
  peerIdOf,
  requestIdOf,
  subjectOf,
  timestampOf,
} from './names.ts'

const KEY = fromHex('d4795490b55bb0e5f5e6f12d0206a9ab7598cac07b7f85d5270588fd067f1e64')
const hexOf = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((value) => Buffer.from(value).toString('hex'))

describe('names', () => {
  it('[OBG-7] of people are the peer ids of their keys, always the same', () => {
    const account = accountOfKey(KEY)
    expect(peerIdOf(account)).toBe('QmXSVDR5ntRinjv283jREe5qQzTq6B83r8XHM9MVpiz7XV')
    expect(peerIdOf(account)).toBe(peerIdOf(account))
    expect(isPeerId(peerIdOf(account))).toBe(true)
    for (const wrong of [
      '',
      'Qm',
      '12D3KooWKx5cjKLUsEU3vbrCeZQecX2M8Et2bVaekLEAuAywgRpA',
      account,
      `${peerIdOf(account)} `,
    ]) {
      expect(isPeerId(wrong), wrong).toBe(false)
    }
  })
  it('[OBG-8] of messages and copies lead back to them, and look like ids of OpenBazaar', () => {
    fc.assert(
      fc.property(hexOf(31), (hex) => {
        const id = `01${hex}`
        const text = messageIdOf({ id })
        expect(text).toMatch(/^Qm[1-9A-HJ-NP-Za-km-z]{44}$/)
        expect(parseMessageId(text)).toEqual({ type: 'message', id })
        expect(messageIdOf({ id, copy: hex })).toBe(copyIdOf(hex))
        expect(parseMessageId(copyIdOf(hex))).toEqual({ type: 'copy', copy: hex })
        expect(parseMessageId(requestIdOf(hex))?.type).toBe('request')
      }),
    )
    expect(createCopy()).toMatch(/^[0-9a-f]{62}$/)
    expect(parseMessageId(idOfNothing())).toBeUndefined()
    expect(idOfNothing()).not.toBe(idOfNothing())
  })
  it('[OBG-8] that name nothing have an outcome, whatever they are', () => {
    fc.assert(fc.property(fc.string(), (text) => parseMessageId(text) === undefined))
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), (bytes) => {
        const named = parseMessageId(messageIdOf({ id: Buffer.from(sha256(bytes)).toString('hex') }))
        expect(named === undefined || named.type.length > 0).toBe(true)
      }),
    )
  })
  it('[OBG-9] of times are RFC 3339 in UTC without trailing zeros', () => {
    expect(timestampOf(1_795_283_341_350)).toBe(new Date(1_795_283_341_350).toISOString().replace('0Z', 'Z'))
    expect(timestampOf(Date.UTC(2026, 10, 20, 17, 50))).toBe('2026-11-20T17:50:00Z')
    expect(timestampOf(Date.UTC(2026, 0, 1, 0, 0, 10, 100))).toBe('2026-01-01T00:00:10.1Z')
    expect(timestampOf(Number.MAX_SAFE_INTEGER)).toBe('9999-12-31T23:59:59.999Z')
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799_999 }), (ms) => {
        expect(Date.parse(timestampOf(ms))).toBe(ms)
        expect(timestampOf(ms)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,2}[1-9])?Z$/)
      }),
    )
  })
  it('[OBG-11] of subjects are compared as they are shown; what shows nothing is none', () => {
    expect(subjectOf('')).toBe('')
    expect(subjectOf('  order   7 ')).toBe('order 7')
    for (const nothing of [' ', '\u0000', '\u200b\u202e']) expect(subjectOf(nothing)).toBeUndefined()
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const subject = subjectOf(text)
        if (subject !== undefined) expect(subjectOf(subject)).toBe(subject)
      }),
    )
  })
})
