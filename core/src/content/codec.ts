/**
 * MIMI content (draft-ietf-mimi-content-08) as deterministic CBOR:
 * `[salt, replaces, topicId, expires, inReplyTo, extensions, nestedPart]`, with the extensions `p` (parents),
 * `h` (author's clock) and `c` (copy). Spec: CNT-3…CNT-9, CNT-16, CNT-17.
 */
import { compareBytes, parseUtf8, utf8 } from '../base/bytes.ts'
import { decodeCbor, encodeCbor, isBytes, isList, isRecord, isText, isUint, type CborValue } from '../base/cbor.ts'
import {
  CONTENT_BYTES_MAX,
  COPY_ID_BYTES,
  PARENTS_MAX,
  REACTION_LETTERS_MAX,
  SUBJECT_LETTERS_MAX,
  TEXT_LETTERS_MAX,
} from '../base/limits.ts'
import { fail, ok, type Result } from '../base/result.ts'
import { countLetters, isWellFormed } from './letters.ts'
import type { ContentRejection, HybridTime, MessageIdBytes, ParsedContent, Placement, Saying } from './types.ts'

const MARKDOWN = 'text/markdown;variant=GFM-MIMI'
const PLAIN = 'text/plain;charset=utf-8'
const FALLBACK_LETTERS_MAX = 1_000
const HYBRID_COUNTER_MAX = 0xffff
/** The year 6429. Half of what 48 bits hold, so that orders below a lying clock still have room to grow. CNT-5 */
const HYBRID_MS_MAX = 2 ** 47 - 1

/** MIMI dispositions that this version writes. */
const RENDER = 1
const REACTION = 2
/** MIMI part cardinalities. */
const NULL_PART = 0
const SINGLE_PART = 1

/**
 * Encodes one content. The caller has checked the limits (`checkSaying`); bytes of the arguments are copied.
 * `decodeContent(encodeContent(p, s))` gives back equal values.
 */
export function encodeContent(placement: Placement, saying: Saying): Uint8Array {
  const parents = [...placement.parents].sort(compareBytes)
  const extensions = { h: [placement.time.ms, placement.time.counter], p: parents, ...extensionsOf(saying) }
  return encodeCbor([
    placement.salt,
    saying.type === 'edit' || saying.type === 'delete' || saying.type === 'unreaction' ? saying.target : null,
    utf8(isAbout(saying) ? (saying.subject ?? '') : ''),
    null,
    saying.type === 'reaction' ? saying.target : saying.type === 'text' ? (saying.replyTo ?? null) : null,
    extensions,
    partOf(saying),
  ])
}

function extensionsOf(saying: Saying): { readonly [key: string]: CborValue } {
  if (saying.type === 'unreaction') return { r: saying.emoji }
  if (!isAbout(saying)) return {}
  const copy = saying.copy === undefined ? {} : { c: saying.copy }
  return saying.type === 'unknown' ? { ...copy, f: saying.fallback } : copy
}

/** What says something of its own; everything else belongs to what it names. */
const isAbout = (saying: Saying): saying is Saying & { readonly type: 'text' | 'unknown' } =>
  saying.type === 'text' || saying.type === 'unknown'

function partOf(saying: Saying): CborValue {
  switch (saying.type) {
    case 'text':
    case 'edit':
      return [RENDER, '', SINGLE_PART, MARKDOWN, utf8(saying.text)]
    case 'reaction':
      return [REACTION, '', SINGLE_PART, PLAIN, utf8(saying.emoji)]
    case 'delete':
    case 'unreaction':
      return [RENDER, '', NULL_PART]
    case 'unknown':
      return [RENDER, '', SINGLE_PART, saying.mediaType, new Uint8Array(0)]
  }
}

/** Reads bytes of another member. Never throws; the result shares no memory with `bytes`. */
export function decodeContent(bytes: Uint8Array): Result<ParsedContent, ContentRejection> {
  if (bytes.length > CONTENT_BYTES_MAX) return fail('too-large')
  const value = decodeCbor(bytes)
  if (!isList(value) || value.length !== 7) return fail('malformed')
  const [salt, replaces, topic, expires, inReplyTo, extensions, part] = value
  if (!isBytes(salt, 16) || !isBytes(topic) || expires !== null || !isRecord(extensions)) return fail('malformed')
  if (!isReference(replaces) || !isReference(inReplyTo) || !isList(part)) return fail('malformed')
  const time = decodeTime(extensions['h'])
  const parents = decodeParents(extensions['p'])
  if (time === undefined) return fail('malformed')
  if (parents === undefined) return fail('bad-parents')
  const saying = decodeSaying({ replaces, inReplyTo, about: aboutOf(topic, extensions['c']), extensions, part })
  return saying.ok ? ok({ placement: { salt, parents, time }, saying: saying.value }) : saying
}

type About = Pick<Saying & { readonly type: 'text' }, 'subject' | 'copy'>

/** Subject and copy; what is none of ours, as another program's topic of bytes, is left aside. CNT-16, CNT-17 */
function aboutOf(topic: Uint8Array, copy: CborValue | undefined): About {
  const subject = parseUtf8(topic)
  return {
    ...(subject !== undefined && isSubject(subject) ? { subject } : {}),
    ...(isBytes(copy, COPY_ID_BYTES) ? { copy } : {}),
  }
}

/** 1 … SUBJECT_LETTERS_MAX letters. CNT-16 */
export const isSubject = (text: string): boolean =>
  text !== '' && isWellFormed(text) && countLetters(text) <= SUBJECT_LETTERS_MAX

interface Fields {
  readonly replaces: MessageIdBytes | null
  readonly inReplyTo: MessageIdBytes | null
  readonly about: About
  readonly extensions: { readonly [key: string]: CborValue }
  readonly part: readonly CborValue[]
}

function decodeSaying({ replaces, inReplyTo, about, extensions, part }: Fields): Result<Saying, ContentRejection> {
  const [disposition, language, cardinality, mediaType, body] = part
  if (!isUint(disposition, 255) || !isText(language, 64) || !isUint(cardinality, 3)) return fail('malformed')
  if (cardinality === NULL_PART) {
    if (replaces === null || part.length !== 3) return fail('malformed')
    const emoji = extensions['r']
    if (emoji === undefined) return ok({ type: 'delete', target: replaces })
    return isEmoji(emoji) ? ok({ type: 'unreaction', target: replaces, emoji }) : fail('malformed')
  }
  if (!isText(mediaType, 128)) return fail('malformed')
  if (cardinality === SINGLE_PART && isBytes(body) && part.length === 5) {
    if (disposition === REACTION && mediaType === PLAIN && inReplyTo !== null) {
      const emoji = parseUtf8(body)
      return isEmoji(emoji) ? ok({ type: 'reaction', target: inReplyTo, emoji }) : fail('malformed')
    }
    if (disposition === RENDER && (mediaType === MARKDOWN || mediaType === PLAIN)) {
      const text = parseUtf8(body)
      if (text === undefined) return fail('malformed')
      if (text === '' || countLetters(text) > TEXT_LETTERS_MAX) return fail('text-too-long')
      if (replaces !== null) return ok({ type: 'edit', target: replaces, text })
      return ok({ type: 'text', text, ...(inReplyTo === null ? {} : { replyTo: inReplyTo }), ...about })
    }
  }
  const fallback = extensions['f']
  return ok({
    type: 'unknown',
    mediaType,
    fallback: isText(fallback, FALLBACK_LETTERS_MAX) ? fallback : '',
    ...about,
  })
}

const isReference = (value: CborValue | undefined): value is MessageIdBytes | null =>
  value === null || isMessageId(value)

export const isMessageId = (value: unknown): value is MessageIdBytes => isBytes(value, 32) && value[0] === 0x01

/** Nothing that breaks or turns around the line in which it is shown. CNT-8 */
const FORBIDDEN_IN_EMOJI = /[\p{Cc}\p{Bidi_Control}\s]/u

const isEmoji = (value: unknown): value is string =>
  isText(value) && value !== '' && countLetters(value) <= REACTION_LETTERS_MAX && !FORBIDDEN_IN_EMOJI.test(value)

function decodeTime(value: CborValue | undefined): HybridTime | undefined {
  if (!isList(value) || value.length !== 2) return undefined
  const [ms, counter] = value
  return isUint(ms, HYBRID_MS_MAX) && isUint(counter, HYBRID_COUNTER_MAX) ? { ms, counter } : undefined
}

function decodeParents(value: CborValue | undefined): readonly MessageIdBytes[] | undefined {
  if (!isList(value, PARENTS_MAX)) return undefined
  const parents: MessageIdBytes[] = []
  for (const parent of value) {
    const previous = parents.at(-1)
    if (!isMessageId(parent) || (previous !== undefined && compareBytes(previous, parent) >= 0)) return undefined
    parents.push(parent)
  }
  return parents
}

/** What this version refuses to send, before it is encoded. */
export function checkSaying(saying: Saying): ContentRejection | undefined {
  if (saying.type === 'text' || saying.type === 'edit') {
    if (!isWellFormed(saying.text)) return 'malformed'
    if (saying.text === '' || countLetters(saying.text) > TEXT_LETTERS_MAX) return 'text-too-long'
  }
  if (isAbout(saying)) {
    if (saying.subject !== undefined && !isSubject(saying.subject)) return 'malformed'
    if (saying.copy !== undefined && saying.copy.length !== COPY_ID_BYTES) return 'malformed'
  }
  if ((saying.type === 'reaction' || saying.type === 'unreaction') && !isEmoji(saying.emoji)) return 'malformed'
  return undefined
}
