import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat, fromHex, toHex, utf8 } from '../base/bytes.ts'
import { encodeCbor, type CborValue } from '../base/cbor.ts'
import { CONTENT_BYTES_MAX, PARENTS_MAX, SUBJECT_LETTERS_MAX, TEXT_LETTERS_MAX } from '../base/limits.ts'
import { DAMAGES, mutate } from '../base/testing/mutate.ts'
import { checkSaying, decodeContent, encodeContent } from './codec.ts'
import { placements, sayings } from './testing/arbitraries.ts'
import type { Placement, Saying } from './types.ts'

const id = (fill: number) => concat(Uint8Array.of(0x01), new Uint8Array(31).fill(fill))
const salt = new Uint8Array(16).fill(7)
const placement: Placement = { salt, parents: [id(1), id(2)], time: { ms: 1_767_225_600_000, counter: 3 } }
const reasonOf = (value: CborValue) => {
  const decoded = decodeContent(encodeCbor(value))
  return decoded.ok ? decoded.value.saying.type : decoded.reason
}
const EMPTY = new Uint8Array(0)
const MARKDOWN = 'text/markdown;variant=GFM-MIMI'
const extensions: { readonly [key: string]: CborValue } = { h: [1, 0], p: [] }
const part: readonly CborValue[] = [1, '', 1, MARKDOWN, utf8('hi')]
/** A good text, with some of its seven fields replaced. */
const withFields = (fields: { readonly [index: number]: CborValue }): CborValue =>
  [salt, null, EMPTY, null, null, extensions, part].map((value, index) =>
    Object.hasOwn(fields, index) ? (fields[index] ?? null) : value,
  )

describe('content', () => {
  it('[CNT-3] reads back what was written', () => {
    fc.assert(
      fc.property(placements, sayings, (where, saying) => {
        const bytes = encodeContent(where, saying)
        expect(decodeContent(bytes)).toEqual({ ok: true, value: { placement: where, saying } })
      }),
      { numRuns: 400 },
    )
  })

  it('[CNT-3] has the frozen bytes', () => {
    expect(toHex(encodeContent(placement, { type: 'text', text: 'hi', replyTo: id(1) }))).toBe(
      [
        '87',
        `50${'07'.repeat(16)}`,
        'f6',
        '40',
        'f6',
        `582001${'01'.repeat(31)}`,
        `a26168821b0000019b76daa80003617082582001${'01'.repeat(31)}582001${'02'.repeat(31)}`,
        `85016001781e${toHex(utf8(MARKDOWN))}426869`,
      ].join(''),
    )
  })

  it('[CNT-3] any bytes have an outcome; what is accepted without unknown parts has one spelling', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        decodeContent(bytes)
      }),
      { numRuns: 1_000 },
    )
    fc.assert(
      fc.property(
        placements,
        sayings,
        fc.constantFrom(...DAMAGES),
        fc.nat(400),
        fc.nat(255),
        (where, saying, damage, position, value) => {
          const damaged = mutate(encodeContent(where, saying), damage, position, value)
          const decoded = decodeContent(damaged)
          if (!decoded.ok || decoded.value.saying.type === 'unknown') return
          const again = decodeContent(encodeContent(decoded.value.placement, decoded.value.saying))
          expect(again).toEqual(decoded)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('[CNT-3] refuses bytes over the limit before it reads them', () => {
    expect(decodeContent(new Uint8Array(CONTENT_BYTES_MAX + 1))).toEqual({ ok: false, reason: 'too-large' })
  })

  it.each([
    ['another number of fields', [salt, null]],
    ['a short salt', withFields({ 0: new Uint8Array(15) })],
    ['a topic that is text', withFields({ 2: 'topic' })],
    ['an expiry, which this version does not have', withFields({ 3: 5 })],
    ['extensions that are a list', withFields({ 5: [] })],
    ['a reference that is no message id', withFields({ 1: new Uint8Array(32) })],
    ['a reply to a number', withFields({ 4: 1 })],
    ['no part', withFields({ 6: null })],
    ['a part of an unknown cardinality', withFields({ 6: [1, '', 4, MARKDOWN, EMPTY] })],
    ['a null part that replaces nothing', withFields({ 6: [1, '', 0] })],
    ['a null part with a body', withFields({ 1: id(1), 6: [1, '', 0, MARKDOWN] })],
    ['text that is not UTF-8', withFields({ 6: [1, '', 1, MARKDOWN, Uint8Array.of(0xff)] })],
    ['a lone surrogate in UTF-8', withFields({ 6: [1, '', 1, MARKDOWN, fromHex('eda080')] })],
  ] satisfies readonly (readonly [string, CborValue])[])('[CNT-3] %s is malformed', (_what, value) => {
    expect(reasonOf(value)).toBe('malformed')
  })

  it.each([
    ['more parents than allowed', Array.from({ length: PARENTS_MAX + 1 }, (_, index) => id(index))],
    ['the same parent twice', [id(1), id(1)]],
    ['parents out of order', [id(2), id(1)]],
    ['a parent that is no message id', [new Uint8Array(32)]],
    ['a parent of another length', [id(1).slice(0, 31)]],
    ['parents that are no list', id(1)],
  ] satisfies readonly (readonly [string, CborValue])[])('[CNT-4] refuses %s', (_what, parents) => {
    expect(reasonOf(withFields({ 5: { h: [1, 0], p: parents } }))).toBe('bad-parents')
  })

  it('[CNT-4] refuses a content without parents, and takes the largest number of them', () => {
    expect(reasonOf(withFields({ 5: { h: [1, 0] } }))).toBe('bad-parents')
    const most = Array.from({ length: PARENTS_MAX }, (_, index) => id(index))
    expect(reasonOf(withFields({ 5: { h: [1, 0], p: most } }))).toBe('text')
  })

  it.each([
    ['no clock', { p: [] }],
    ['a clock of one number', { h: [1], p: [] }],
    ['a clock before 1970', { h: [-1, 0], p: [] }],
    ['a clock beyond the year 6429', { h: [2 ** 47, 0], p: [] }],
    ['a counter over 16 bits', { h: [1, 65_536], p: [] }],
  ] satisfies readonly (readonly [string, CborValue])[])('[CNT-5] refuses %s', (_what, changed) => {
    expect(reasonOf(withFields({ 5: changed }))).toBe('malformed')
  })

  it('[CNT-6] a text has 1 to 20,000 letters, whatever they weigh', () => {
    const text = (value: string) => withFields({ 6: [1, '', 1, MARKDOWN, utf8(value)] })
    expect(reasonOf(text('🦉'.repeat(TEXT_LETTERS_MAX)))).toBe('text')
    expect(reasonOf(text('a'.repeat(TEXT_LETTERS_MAX + 1)))).toBe('text-too-long')
    expect(reasonOf(text(''))).toBe('text-too-long')
    expect(reasonOf(withFields({ 6: [1, '', 1, 'text/plain;charset=utf-8', utf8('plain')] }))).toBe('text')
  })

  it('[CNT-6] the sender is told before anything is encoded', () => {
    expect(checkSaying({ type: 'text', text: 'a'.repeat(TEXT_LETTERS_MAX) })).toBeUndefined()
    expect(checkSaying({ type: 'text', text: 'a'.repeat(TEXT_LETTERS_MAX + 1) })).toBe('text-too-long')
    expect(checkSaying({ type: 'edit', target: id(1), text: '' })).toBe('text-too-long')
    expect(checkSaying({ type: 'text', text: 'broken \ud800' })).toBe('malformed')
    expect(checkSaying({ type: 'reaction', target: id(1), emoji: 'two words' })).toBe('malformed')
  })

  it('[CNT-16] a subject is the topic of the content, and a content without one has the bytes it always had', () => {
    const saying: Saying = { type: 'text', text: 'hi', subject: 'QmOrder' }
    const bytes = encodeContent(placement, saying)
    expect(bytes).toEqual(
      encodeCbor([salt, null, utf8('QmOrder'), null, null, { h: [1_767_225_600_000, 3], p: [id(1), id(2)] }, part]),
    )
    expect(decodeContent(bytes)).toMatchObject({ ok: true, value: { saying } })
    const plain = encodeContent(placement, { type: 'text', text: 'hi' })
    expect(plain.length).toBe(bytes.length - 'QmOrder'.length)
  })

  it('[CNT-16] [CNT-17] has the frozen bytes of a subject and a copy', () => {
    const saying: Saying = { type: 'text', text: 'hi', subject: 'QmOrder', copy: id(3).slice(1) }
    expect(toHex(encodeContent(placement, saying))).toBe(
      [
        '87',
        `50${'07'.repeat(16)}`,
        'f6',
        '47516d4f72646572',
        'f6',
        'f6',
        `a36163581f${'03'.repeat(31)}6168821b0000019b76daa80003617082582001${'01'.repeat(31)}582001${'02'.repeat(31)}`,
        `85016001781e${toHex(utf8(MARKDOWN))}426869`,
      ].join(''),
    )
  })

  it('[CNT-16] a topic that is no text of 1 to 500 letters is no subject, and its content is read all the same', () => {
    const subjectOf = (topic: Uint8Array) => {
      const decoded = decodeContent(encodeCbor(withFields({ 2: topic })))
      return decoded.ok && decoded.value.saying.type === 'text' ? decoded.value.saying.subject : decoded
    }
    expect(subjectOf(utf8('🦉'.repeat(SUBJECT_LETTERS_MAX)))).toBe('🦉'.repeat(SUBJECT_LETTERS_MAX))
    for (const topic of [EMPTY, Uint8Array.of(0xff), utf8('a'.repeat(SUBJECT_LETTERS_MAX + 1))]) {
      expect(subjectOf(topic)).toBeUndefined()
    }
  })

  it('[CNT-16] what names a message has no subject of its own', () => {
    const edit = decodeContent(encodeCbor(withFields({ 1: id(1), 2: utf8('QmOrder') })))
    expect(edit).toMatchObject({ ok: true, value: { saying: { type: 'edit', target: id(1), text: 'hi' } } })
    expect(edit.ok && 'subject' in edit.value.saying).toBe(false)
  })

  it('[CNT-16] [CNT-17] a subject or a copy of another size is not sent', () => {
    const check = (saying: Partial<Saying & { type: 'text' }>) => checkSaying({ type: 'text', text: 'hi', ...saying })
    expect(check({ subject: 'a'.repeat(SUBJECT_LETTERS_MAX), copy: id(1).slice(1) })).toBeUndefined()
    expect(check({ subject: '' })).toBe('malformed')
    expect(check({ subject: 'a'.repeat(SUBJECT_LETTERS_MAX + 1) })).toBe('malformed')
    expect(check({ subject: 'broken \ud800' })).toBe('malformed')
    expect(check({ copy: id(1) })).toBe('malformed')
  })

  it('[CNT-17] a copy of another shape is left aside', () => {
    const copyOf = (copy: CborValue) => {
      const decoded = decodeContent(encodeCbor(withFields({ 5: { ...extensions, c: copy } })))
      return decoded.ok && decoded.value.saying.type === 'text' ? decoded.value.saying.copy : decoded
    }
    expect(copyOf(id(3).slice(1))).toEqual(id(3).slice(1))
    for (const copy of [id(3), 'text', 7, null, []]) expect(copyOf(copy)).toBeUndefined()
  })

  it('[CNT-6] the longest text in the heaviest letters fits its limit of bytes', () => {
    const about = { subject: '🦉'.repeat(SUBJECT_LETTERS_MAX), copy: id(1).slice(1) }
    const heaviest: Saying = { type: 'text', text: '🦉'.repeat(TEXT_LETTERS_MAX), replyTo: id(9), ...about }
    const parents = Array.from({ length: PARENTS_MAX }, (_, index) => id(index))
    expect(encodeContent({ ...placement, parents }, heaviest).length).toBeLessThanOrEqual(CONTENT_BYTES_MAX)
  })

  it('[CNT-7] what a saying refers to travels in the MIMI fields', () => {
    const target = id(5)
    expect(reasonOf(withFields({ 1: target }))).toBe('edit')
    expect(reasonOf(withFields({ 1: target, 6: [1, '', 0] }))).toBe('delete')
    expect(reasonOf(withFields({ 1: target, 5: { ...extensions, r: '👍' }, 6: [1, '', 0] }))).toBe('unreaction')
    expect(reasonOf(withFields({ 4: target, 6: [2, '', 1, 'text/plain;charset=utf-8', utf8('👍')] }))).toBe('reaction')
  })

  it.each([
    ['nothing', ''],
    ['nine letters', 'x'.repeat(9)],
    ['a space', 'a b'],
    ['a line', '👍\n'],
    ['a control character', '\u0007'],
    ['a character that turns the line around', '\u202e👍'],
    ['an isolate', '\u2066👍'],
    ['a direction mark', '\u200f👍'],
  ])('[CNT-8] %s is no reaction', (_what, emoji) => {
    const body = [2, '', 1, 'text/plain;charset=utf-8', utf8(emoji)]
    expect(reasonOf(withFields({ 4: id(1), 6: body }))).toBe('malformed')
    expect(reasonOf(withFields({ 1: id(1), 5: { ...extensions, r: emoji }, 6: [1, '', 0] }))).toBe('malformed')
    expect(checkSaying({ type: 'unreaction', target: id(1), emoji })).toBe('malformed')
  })

  it('[CNT-9] a type of a later version is kept as unknown, with its fallback', () => {
    const unknown = (mediaType: string, fallback: CborValue) =>
      decodeContent(encodeCbor(withFields({ 5: { ...extensions, f: fallback }, 6: [1, 'de', 1, mediaType, EMPTY] })))
    expect(unknown('application/vnd.parley.offer', 'an offer: 3 pears')).toMatchObject({
      value: { saying: { type: 'unknown', mediaType: 'application/vnd.parley.offer', fallback: 'an offer: 3 pears' } },
    })
    for (const fallback of [5, 'x'.repeat(1_001)]) {
      expect(unknown('a/b', fallback)).toMatchObject({ value: { saying: { type: 'unknown', fallback: '' } } })
    }
    const multipart = withFields({ 6: [1, '', 3, 'multipart', [part, part]] })
    expect(reasonOf(multipart)).toBe('unknown')
    expect(reasonOf(withFields({ 6: [9, '', 1, MARKDOWN, utf8('a new disposition')] }))).toBe('unknown')
  })
})
