import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex } from '../base/bytes.ts'
import { decodeOpenBazaarChat, encodeOpenBazaarChat, openBazaarChatId, type OpenBazaarChat } from './chat.ts'
import { decodeOpenBazaarMessage, encodeOpenBazaarMessage, openBazaarMessage, openBazaarPayload } from './message.ts'

const time = fc.record({
  seconds: fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }),
  nanos: fc.integer({ min: 0, max: 999_999_999 }),
})
const chat: fc.Arbitrary<OpenBazaarChat> = fc.oneof(
  fc.record({
    flag: fc.constant('message' as const),
    messageId: fc.string(),
    subject: fc.string({ unit: 'grapheme' }),
    message: fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
    timestamp: time,
  }),
  fc.record({
    flag: fc.constantFrom('typing' as const, 'read' as const),
    messageId: fc.string(),
    subject: fc.string(),
    message: fc.constant(''),
    timestamp: fc.option(time, { nil: undefined }),
  }),
)
const hello: OpenBazaarChat = {
  flag: 'message',
  messageId: 'id',
  subject: '',
  message: 'hello',
  timestamp: { seconds: 1, nanos: 0 },
}
const inChat = (hex: string) => decodeOpenBazaarChat(openBazaarMessage(1, openBazaarPayload('Chat', fromHex(hex))))

describe('chats', () => {
  it('[OBZ-8] are read as they were written', () => {
    fc.assert(
      fc.property(chat, (written) => {
        const carrier = encodeOpenBazaarChat(written)
        if (!carrier.ok) throw new Error(carrier.reason)
        const received = decodeOpenBazaarMessage(encodeOpenBazaarMessage(carrier.value))
        expect(received && decodeOpenBazaarChat(received)).toEqual({ ok: true, value: written })
      }),
    )
  })

  it.each([
    ['no-timestamp', { ...hello, timestamp: undefined }],
    ['bad-timestamp', { ...hello, timestamp: { seconds: 253_402_300_800, nanos: 0 } }],
    ['bad-timestamp', { ...hello, timestamp: { seconds: -62_135_596_801, nanos: 0 } }],
    ['bad-timestamp', { ...hello, timestamp: { seconds: 0, nanos: 1_000_000_000 } }],
    ['bad-timestamp', { ...hello, timestamp: { seconds: 0, nanos: -1 } }],
    ['bad-timestamp', { ...hello, timestamp: { seconds: Number.NaN, nanos: 0.5 } }],
    ['too-long', { ...hello, message: '語'.repeat(20_001) }],
    ['too-long', { ...hello, subject: '🐴'.repeat(501) }],
    ['too-long', { ...hello, messageId: 'Q'.repeat(257) }],
    ['ill-formed-text', { ...hello, message: '\ud800' }],
  ] as const)('[OBZ-8] are not written when nobody would read them: %s', (reason, written) => {
    expect(encodeOpenBazaarChat(written)).toEqual({ ok: false, reason })
  })

  it('[OBZ-8] count letters, not bytes', () => {
    expect(encodeOpenBazaarChat({ ...hello, message: '🐴'.repeat(20_000), subject: '語'.repeat(500) }).ok).toBe(true)
  })

  it.each([
    ['unknown-flag', '2803'],
    ['unknown-flag', '28ffffffffffffffffff01'],
    ['no-timestamp', '1a0161'],
    ['malformed', '1a01ff2200'],
    ['malformed', '1a02'],
    ['malformed', '22020880'],
    ['bad-timestamp', '220a08ffffffffffffffff7f'],
    ['bad-timestamp', '2206108094ebdc03'],
    ['too-long', `1aa29c01${'61'.repeat(20_002)}2200`],
  ])('[OBZ-8] are refused when they are wrong: %s', (reason, hex) => {
    expect(inChat(hex)).toEqual({ ok: false, reason })
  })

  it('[OBZ-8] in another message are none', () => {
    const payload = openBazaarPayload('Chat', fromHex('2801'))
    expect(decodeOpenBazaarChat(openBazaarMessage(2, payload))).toEqual({ ok: false, reason: 'no-chat' })
    expect(decodeOpenBazaarChat(openBazaarMessage(1))).toEqual({ ok: false, reason: 'no-chat' })
    const other = openBazaarPayload('chat.Chat', payload.value)
    expect(decodeOpenBazaarChat(openBazaarMessage(1, other))).toEqual({ ok: false, reason: 'no-chat' })
  })
})

describe('ids of chats', () => {
  it('[OBZ-4] are made of words and time to the nanosecond, at both ends of the calendar', () => {
    const at = (seconds: number, nanos: number) => openBazaarChatId('a', '', { seconds, nanos })
    const ids = [at(0, 0), at(0, 1), at(1, 0), at(-62_135_596_800, 0), at(253_402_300_799, 999_999_999)]
    expect(new Set(ids).size).toBe(5)
    for (const id of ids) expect(id).toMatch(/^Qm[1-9A-HJ-NP-Za-km-z]{44}$/)
  })

  it('[OBZ-4] do not tell words of the message from words of the subject', () => {
    const moved = { seconds: 7, nanos: 7 }
    expect(openBazaarChatId('ab', 'c', moved)).toBe(openBazaarChatId('a', 'bc', moved))
  })
})
