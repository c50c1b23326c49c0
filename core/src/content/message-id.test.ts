import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex } from '../base/bytes.ts'
import { isMessageId } from './codec.ts'
import { messageId } from './message-id.ts'

const salt = new Uint8Array(16)
const content = new Uint8Array([1, 2, 3])

describe('message id', () => {
  it('[CNT-2] binds author, conversation, content and salt', () => {
    const field = fc.string({ maxLength: 4 })
    const bytes = fc.uint8Array({ minLength: 16, maxLength: 20 })
    const salts = fc.uint8Array({ minLength: 16, maxLength: 16 })
    const parts = fc.tuple(field, field, bytes, salts)
    const bound = ([author, where, what, grain]: readonly [string, string, Uint8Array, Uint8Array]) =>
      JSON.stringify([author, where, toHex(what), toHex(grain)])
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const isSame = bound(a) === bound(b)
        expect(toHex(messageId(...a)) === toHex(messageId(...b))).toBe(isSame)
      }),
      { numRuns: 500 },
    )
  })

  it('[CNT-2] the same words by another author, or in another conversation, are another message', () => {
    const ids = [
      messageId('did:a', 'room', content, salt),
      messageId('did:b', 'room', content, salt),
      messageId('did:a', 'other', content, salt),
      messageId('did:ar', 'oom', content, salt),
    ]
    expect(new Set(ids.map(toHex)).size).toBe(ids.length)
  })

  it('[CNT-2] has the frozen bytes', () => {
    expect(toHex(messageId('did:a', 'room', content, salt))).toBe(
      '010757559bb0f0209c9b53f95db08647f680d04dbd5b05df78d3b0f79677b59a',
    )
    expect(isMessageId(messageId('did:a', 'room', content, salt))).toBe(true)
  })
})
