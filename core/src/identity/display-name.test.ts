import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NAME_LETTERS_MAX } from '../base/limits.ts'
import { sanitizeName, sanitizeText } from './display-name.ts'

/** Letters that attack: bidi, zero width, controls, fillers, marks, halves, beside harmless ones and emoji. */
const nasty = fc.array(
  fc.oneof(
    fc.constantFrom(
      ...['\u202E', '\u202A', '\u2066', '\u2067', '\u2068', '\u2069', '\u200B', '\u200C', '\u200D', '\u200E', '\u061C'],
      ...[
        '\uFEFF',
        '\u00AD',
        '\u034F',
        '\u3164',
        '\u2800',
        '\uFFA0',
        '\u0000',
        '\u0007',
        '\u007F',
        '\u0085',
        '\r',
        '\n',
      ],
      ...[
        '\t',
        '\u2028',
        '\uFE0F',
        '\u20E3',
        '\u0301',
        '\u0489',
        '\uD800',
        '\uDC00',
        '\u{E0041}',
        '\u{E007F}',
        '\u{1F3F4}',
      ],
      ...['👩', '❤️', '👨‍👩‍👧‍👦', '🏽', '🇩', '🇪', '1️⃣', 'a', 'é', 'e\u0301', 'ש', 'ع', 'क्ष', '가', 'ᄀ', 'ᅡ', ' '],
    ),
    fc.string({ unit: 'binary', maxLength: 3 }),
  ),
  { maxLength: 120 },
)
const text = nasty.map((pieces) => pieces.join(''))

describe('names', () => {
  it.each([
    ['a name', 'Alice', 'Alice'],
    ['another script', 'محمد علی', 'محمد علی'],
    ['an override that turns the rest around', 'Alice\u202E)kcatta(', 'Alice)kcatta('],
    ['isolates and marks', '\u2067Bob\u2069\u200F', 'Bob'],
    ['zero-width letters', 'A\u200Bl\u200Ci\u2060c\uFEFFe', 'Alice'],
    ['controls', 'A\u0000l\u001Bi\u009Fce', 'Alice'],
    ['lines and tabs', ' A\r\n\tB\u2028C\u3000 ', 'A B C'],
    ['filler letters that show nothing', '\u3164\u115F\u2800\uFFA0', ''],
    ['nothing but spaces', ' \u00A0 ', ''],
    ['composition', 'Ame\u0301lie', 'Amélie'],
    ['half a letter', 'A\uD83Dlice', 'Alice'],
    ['emoji with invisible parts', 'Al ❤️ 👨‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿', 'Al ❤️ 👨‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿'],
    ['hidden tags', 'Alice\u{E0041}\u{E0042}', 'Alice'],
    ['private letters', 'Alice\uE000', 'Alice'],
  ])('[ENC-6] cleans %s', (_what, name, clean) => {
    expect(sanitizeName(name)).toBe(clean)
  })

  it('[ENC-6] a heap of marks stays on its letter', () => {
    expect(sanitizeName(`Z${'\u0336'.repeat(500)}algo`)).toBe(`Z${'\u0336'.repeat(8)}algo`)
  })

  it('[ENC-6] cuts between what a reader takes for letters', () => {
    expect(sanitizeName('x'.repeat(65))).toBe('x'.repeat(64))
    expect(sanitizeName('👨‍👩‍👧‍👦'.repeat(20), 14)).toBe('👨‍👩‍👧‍👦'.repeat(2))
    expect(sanitizeName('ab cd', 3)).toBe('ab')
  })

  it('[ENC-8] is idempotent, short and free of anything invisible, whatever comes', () => {
    fc.assert(
      fc.property(text, (name) => {
        const clean = sanitizeName(name)
        expect(sanitizeName(clean)).toBe(clean)
        expect([...clean].length).toBeLessThanOrEqual(NAME_LETTERS_MAX)
        expect(clean).not.toMatch(/[\p{Cc}\u202A-\u202E\u2066-\u2069\u200B\u200E\u200F\u061C\uFEFF\u3164]/u)
        expect(clean.isWellFormed()).toBe(true)
        expect(clean).toBe(clean.trim())
      }),
      { numRuns: 1_000 },
    )
  })

  it('[ENC-8] looks at the beginning of a huge name only', () => {
    expect(sanitizeName('\u200B'.repeat(1_000_000))).toBe('')
    expect(sanitizeName('a'.repeat(1_000_000))).toBe('a'.repeat(64))
  })
})

describe('message text', () => {
  it.each([
    ['lines and tabs', 'a\tb\nc\r\nd\re\u2028f', 'a\tb\nc\nd\ne\nf'],
    ['controls', 'a\u0000b\u0007c\u001Bd\u007Fe\u009Ff', 'abcdef'],
    ['overrides and embeddings', 'a\u202Eb\u202Ac\u202Cd', 'abcd'],
    ['isolates left open', '\u2067abc\ndef', '\u2067abc\u2069\ndef'],
    ['ends without a beginning', 'a\u2069b\u2069', 'ab'],
    ['closed isolates', 'a \u2068b\u2069 c', 'a \u2068b\u2069 c'],
    ['direction marks and joiners that scripts need', 'نمی\u200Cخواهم\u200F', 'نمی\u200Cخواهم\u200F'],
    ['letters as they were composed', 'e\u0301', 'e\u0301'],
    ['emoji', '👨‍👩‍👧‍👦 ❤️ 🏴󠁧󠁢󠁥󠁮󠁧󠁿', '👨‍👩‍👧‍👦 ❤️ 🏴󠁧󠁢󠁥󠁮󠁧󠁿'],
    ['hidden tags', 'hi\u{E0068}\u{E0069}', 'hi'],
    ['half a letter', 'a\uD800b', 'a\uFFFDb'],
    ['white space around', '  a  ', '  a  '],
  ])('[ENC-7] cleans %s', (_what, written, clean) => {
    expect(sanitizeText(written)).toBe(clean)
  })

  it('[ENC-8] is idempotent, and every line closes what it opens', () => {
    fc.assert(
      fc.property(text, (written) => {
        const clean = sanitizeText(written)
        expect(sanitizeText(clean)).toBe(clean)
        expect(clean).not.toMatch(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u202A-\u202E]/u)
        for (const line of clean.split('\n')) {
          expect(line.match(/[\u2066-\u2068]/gu)?.length ?? 0).toBe(line.match(/\u2069/gu)?.length ?? 0)
        }
      }),
      { numRuns: 1_000 },
    )
  })
})
