/** What messages are about. A subject is shown in one line and found by its tag, which tells nobody what it is. CNT-16 */
import { countLetters, decodeContent, sanitizeName, SUBJECT_LETTERS_MAX, utf8 } from '@parley/core'
import { EngineError } from '../api/errors.ts'
import type { SubjectFilter } from '../store/entries.ts'
import type { Vault } from '../vault/vault.ts'

type SubjectContext = { readonly vault: Pick<Vault, 'tag'> }

/** A subject of others as it is shown and compared; empty: none. */
export const cleanSubject = (subject: string): string => sanitizeName(subject, SUBJECT_LETTERS_MAX)

/** A subject of a caller as it is sent and compared; empty: none. @throws EngineError `INVALID_PARAMETERS` when it is too long. */
export function givenSubject(subject: string): string {
  if (countLetters(subject) <= SUBJECT_LETTERS_MAX) return cleanSubject(subject)
  throw new EngineError('INVALID_PARAMETERS', `a subject has at most ${SUBJECT_LETTERS_MAX} letters`)
}

/** Equal for subjects that look the same; `undefined` for none. */
export function subjectTag({ vault }: SubjectContext, subject: string | undefined): Uint8Array | undefined {
  const shown = cleanSubject(subject ?? '')
  return shown === '' ? undefined : vault.tag('subjects', utf8(shown))
}

/** What a caller asks for: nothing in particular, what has no subject (empty), or one subject. */
export const subjectFilter = (context: SubjectContext, subject: string | undefined): SubjectFilter =>
  subject === undefined ? undefined : (subjectTag(context, givenSubject(subject)) ?? null)

/** The subject in the bytes of a content, as its author wrote it. */
export function subjectOf(content: Uint8Array): string | undefined {
  const decoded = decodeContent(content)
  return decoded.ok && 'subject' in decoded.value.saying ? decoded.value.saying.subject : undefined
}
