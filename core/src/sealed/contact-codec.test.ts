import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CborValue, encodeCbor } from '../base/cbor.ts'
import { BUNDLE_BYTES_MAX, GROUP_ID_BYTES_MAX, REQUEST_TEXT_LETTERS_MAX } from '../base/limits.ts'
import {
  encodeContactRequest,
  encodeContactWelcome,
  parseContactRequest,
  parseContactWelcome,
} from './contact-codec.ts'

const bytes = (minLength: number, maxLength = minLength) => fc.uint8Array({ minLength, maxLength })
const request = fc.record({
  bundle: bytes(0, 100),
  text: fc.string({ unit: 'binary', maxLength: 50 }),
  inviteId: bytes(16),
  inviteProof: bytes(32),
})
const welcome = fc.record({
  conversation: bytes(32),
  groupId: bytes(1, GROUP_ID_BYTES_MAX),
  welcome: bytes(0, 100),
  bundle: bytes(0, 100),
})

describe('the messages of first contact', () => {
  it('[FST-15] a request reads back', () => {
    fc.assert(
      fc.property(request, (body) => {
        expect(parseContactRequest(encodeContactRequest(body))).toEqual(body)
      }),
    )
  })

  it('[FST-16] a welcome reads back', () => {
    fc.assert(
      fc.property(welcome, (body) => {
        expect(parseContactWelcome(encodeContactWelcome(body))).toEqual(body)
      }),
    )
  })

  it('[FST-15] refuses wrong fields and sizes of a request', () => {
    const good = {
      bundle: new Uint8Array(9),
      text: '',
      invite: new Uint8Array(16),
      proof: new Uint8Array(32),
    }
    const wrong: readonly CborValue[] = [
      [],
      { ...good, extra: 1 },
      { ...good, bundle: new Uint8Array(BUNDLE_BYTES_MAX + 1) },
      { ...good, text: 'x'.repeat(REQUEST_TEXT_LETTERS_MAX + 1) },
      { ...good, text: '😀'.repeat(REQUEST_TEXT_LETTERS_MAX + 1) },
      { ...good, text: null },
      { ...good, invite: new Uint8Array(15) },
      { ...good, proof: new Uint8Array(31) },
    ]
    expect(parseContactRequest(encodeCbor(good))).toBeDefined()
    expect(parseContactRequest(encodeCbor({ ...good, text: '😀'.repeat(REQUEST_TEXT_LETTERS_MAX) }))).toBeDefined()
    for (const value of wrong) expect(parseContactRequest(encodeCbor(value))).toBeUndefined()
  })

  it('[FST-16] refuses wrong fields and sizes of a welcome', () => {
    const good = {
      conversation: new Uint8Array(32),
      group: new Uint8Array(32),
      welcome: new Uint8Array(9),
      bundle: new Uint8Array(9),
    }
    const wrong: readonly CborValue[] = [
      null,
      { ...good, extra: 1 },
      { ...good, conversation: new Uint8Array(31) },
      { ...good, group: new Uint8Array(0) },
      { ...good, group: new Uint8Array(GROUP_ID_BYTES_MAX + 1) },
      { ...good, welcome: 'x' },
      { ...good, bundle: new Uint8Array(BUNDLE_BYTES_MAX + 1) },
    ]
    expect(parseContactWelcome(encodeCbor(good))).toBeDefined()
    for (const value of wrong) expect(parseContactWelcome(encodeCbor(value))).toBeUndefined()
  })

  it('[ENC-2] any bytes have an outcome, and what is accepted has one spelling', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (some) => {
        const asRequest = parseContactRequest(some)
        if (asRequest !== undefined) expect(encodeContactRequest(asRequest)).toEqual(some)
        const asWelcome = parseContactWelcome(some)
        if (asWelcome !== undefined) expect(encodeContactWelcome(asWelcome)).toEqual(some)
      }),
      { numRuns: 1_000 },
    )
  })
})
