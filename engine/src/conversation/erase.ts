/**
 * Deleted for everybody means gone from the disk too: the words of the message and of its edits are overwritten, what
 * remains is that it existed. Own words wait until they were delivered, because until then only this log can seal them
 * again. Spec: CNT-15.
 */
import { concat, parseUtf8, toHex, utf8, type MessageIdBytes } from '@parley/core'
import type { Context } from '../context.ts'
import { annotationsOf, contentPlace, entryById, type Entry } from '../store/entries.ts'
import { subjectOf } from './subjects.ts'

type EraseContext = Pick<Context, 'store' | 'vault' | 'self'>

/** A content begins with the head of a list; what is left of an erased one begins with this, then its subject. */
const ERASED = 0x00

/** Content whose words were erased: nothing decodes from it. */
export const isErased = (content: Uint8Array): boolean => content.length === 0 || content[0] === ERASED

/** What an erased message was about, so that it stays where it was; `undefined`: nothing in particular. */
export const erasedSubject = (content: Uint8Array): string | undefined =>
  content[0] === ERASED ? parseUtf8(content.subarray(1)) : undefined

function erasedContent(content: Uint8Array): Uint8Array {
  if (isErased(content)) return content
  const subject = subjectOf(content)
  return subject === undefined ? new Uint8Array(0) : concat(Uint8Array.of(ERASED), utf8(subject))
}

/** Erases those of these messages that their author deleted, with their edits. Inside a transaction. */
export function eraseDeleted(context: EraseContext, ids: readonly MessageIdBytes[]): void {
  const deletions = annotationsOf(context.store, ids).filter(({ kind }) => kind === 'delete')
  const messages = new Map(deletions.flatMap(({ target }) => (target === undefined ? [] : [[toHex(target), target]])))
  for (const id of messages.values()) {
    const message = entryById(context.store, id)
    if (message === undefined || message.kind === 'hidden') continue
    const byAuthor = annotationsOf(context.store, [id]).filter(
      ({ author, conversation }) => author === message.author && conversation === message.conversation,
    )
    if (!byAuthor.some(({ kind }) => kind === 'delete')) continue
    for (const part of [message, ...byAuthor.filter(({ kind }) => kind === 'edit')]) {
      if (!mustStay(context, part)) erase(context, part)
    }
  }
}

const mustStay = ({ self }: EraseContext, entry: Entry): boolean =>
  entry.author === self.account && entry.state !== 'delivered' && entry.state !== 'read'

function erase({ store, vault }: EraseContext, { id, contentSealed }: Entry): void {
  const place = contentPlace(id)
  const left = erasedContent(vault.open(place, contentSealed))
  store.run('UPDATE entries SET content_sealed = ? WHERE id = ?', [vault.seal(place, left), id])
}
