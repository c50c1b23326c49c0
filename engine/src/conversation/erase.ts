/**
 * Deleted for everybody means gone from the disk too: the words of the message and of its edits are overwritten, what
 * remains is that it existed. Own words wait until they were delivered, because until then only this log can seal them
 * again. Spec: CNT-15.
 */
import { toHex, type MessageIdBytes } from '@parley/core'
import type { Context } from '../context.ts'
import { annotationsOf, contentPlace, entryById, type Entry } from '../store/entries.ts'

type EraseContext = Pick<Context, 'store' | 'vault' | 'self'>

/** Content whose words were erased: nothing decodes from it. */
export const isErased = (content: Uint8Array): boolean => content.length === 0

/** Erases those of these messages that their author deleted, with their edits. Inside a transaction. */
export function eraseDeleted(context: EraseContext, ids: readonly MessageIdBytes[]): void {
  const deletions = annotationsOf(context.store, ids).filter(({ kind }) => kind === 'delete')
  const messages = new Map(deletions.flatMap(({ target }) => (target === undefined ? [] : [[toHex(target), target]])))
  for (const id of messages.values()) {
    const message = entryById(context.store, id)
    if (message === undefined) continue
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

function erase({ store, vault }: EraseContext, { id }: Entry): void {
  store.run('UPDATE entries SET content_sealed = ? WHERE id = ?', [vault.seal(contentPlace(id), new Uint8Array(0)), id])
}
