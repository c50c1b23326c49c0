/**
 * Cleans text that others wrote before it is shown or stored: nothing invisible, nothing that reorders the page
 * around it. Both functions are idempotent and total. Letters are Unicode code points. Spec: ENC-6…ENC-8.
 */
import { NAME_LETTERS_MAX } from '../base/limits.ts'

/** Combining marks beyond these on one base letter are dropped; no script needs more, heaps of them cover the page. */
const MARKS_PER_LETTER_MAX = 8
/** What is looked at of a name at all. */
const NAME_UNITS_MAX = 4_096
/** Made with the first name that needs it: it loads a table for a tenth of a second. */
let graphemes: Intl.Segmenter | undefined

/** White space of any width and direction, all of it one space in a name. */
const SPACES = /[\p{White_Space}\u2800\u{1D159}]+/gu
/**
 * An emoji as a whole, which may need invisible parts, or else a character that shows nothing: control, format,
 * private, unassigned half, filler letters. Bidi controls and zero-width characters are among them.
 */
const INVISIBLE_IN_NAME = /(\p{RGI_Emoji})|[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\p{Cs}\p{Co}\uFFFD]/gv

/**
 * A name as it may be shown: NFC, one line, single spaces, at most `lettersMax` letters cut between what a reader
 * takes for letters. Bidi controls, zero-width, control and filler characters are gone; emoji stay whole. Empty when
 * nothing visible is left: the caller shows something else. Spec: ENC-6.
 */
export function sanitizeName(name: string, lettersMax: number = NAME_LETTERS_MAX): string {
  const visible = name.slice(0, NAME_UNITS_MAX).toWellFormed().replace(SPACES, ' ').replace(INVISIBLE_IN_NAME, '$1')
  const normal = visible.normalize('NFC').replace(SPACES, ' ').trim()
  return cut(normal, lettersMax).trim()
}

function cut(text: string, lettersMax: number): string {
  // Most names are short and have no heaps of marks: nothing of them can be cut.
  const all = [...text]
  if (all.length <= lettersMax && all.filter(isMark).length <= MARKS_PER_LETTER_MAX) return text
  graphemes ??= new Intl.Segmenter('und', { granularity: 'grapheme' })
  let kept = ''
  let letters = 0
  for (const { segment } of graphemes.segment(text)) {
    const cluster = withoutHeaps(segment)
    letters += [...cluster].length
    if (letters > lettersMax) break
    kept += cluster
  }
  return kept
}

const isMark = (letter: string): boolean => /\p{M}/u.test(letter)

function withoutHeaps(cluster: string): string {
  let marks = 0
  return [...cluster].filter((letter) => !isMark(letter) || ++marks <= MARKS_PER_LETTER_MAX).join('')
}

/** Everything that ends a line. */
const LINE_ENDS = /\r\n|[\r\u0085\u2028\u2029]/gu
/** Flag of a region (its tags are invisible) or else what a text has no use for. Joiners and direction marks stay. */
const USELESS_IN_TEXT =
  /(\u{1F3F4}[\u{E0020}-\u{E007E}]{1,8}\u{E007F})|[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u180E\u200B\u202A-\u202E\u2060-\u2065\u206A-\u206F\uFEFF\uFFF0-\uFFFB\u{E0000}-\u{E0FFF}]/gu
const ISOLATES = /[\u2066-\u2069]/gu
const POP_ISOLATE = '\u2069'

/**
 * Message text as it may be sent and shown. Line ends become `\n`; newlines and tabs stay, other control characters
 * go. Overrides and embeddings go; isolates stay and are closed at the end of their line, so that no message can
 * reorder what stands after it. The letters themselves are untouched: no normalisation, no cutting. Spec: ENC-7.
 */
export function sanitizeText(text: string): string {
  const cleaned = text.toWellFormed().replace(LINE_ENDS, '\n').replace(USELESS_IN_TEXT, '$1')
  return /[\u2066-\u2069]/u.test(cleaned) ? cleaned.split('\n').map(closeIsolates).join('\n') : cleaned
}

function closeIsolates(line: string): string {
  let open = 0
  const balanced = line.replace(ISOLATES, (control) => {
    if (control !== POP_ISOLATE) {
      open++
      return control
    }
    if (open === 0) return ''
    open--
    return control
  })
  return balanced + POP_ISOLATE.repeat(open)
}
