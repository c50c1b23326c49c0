/**
 * Deleted for everybody means gone from the disk too: the words of the message and of its edits are overwritten, what
 * remains is that it existed. Own words wait until they were delivered, because until then only this log can seal them
 * again. Spec: CNT-15.
 */
import type { MessageIdBytes } from '@parley/core'
import type { Context } from '../context.ts'
import { annotationsOf, contentPlace, entryById, type Entry } from '../store/entries.ts'

type EraseContext = Pick<Context, 'store' | 'vault' | 'self'>

/** Content whose words were erased: nothing decodes from it. */
export const isErased = (content: Uint8Array): boolean => content.length === 0

/** Erases what its author deleted among these messages. Inside a transaction. */
export function eraseDeleted(context: EraseContext, ids: readonly MessageIdBytes[]): void {
  for (const deletion of annotationsOf(context.store, ids)) {
    const target = deletion.kind === 'delete' && deletion.target !== undefined ? deletion.target : undefined
    const entry = target === undefined ? undefined : entryById(context.store, target)
    if (entry === undefined || entry.author !== deletion.author || mustStay(context, entry)) continue
    erase(context, entry)
    for (const edit of annotationsOf(context.store, [entry.id])) {
      if (edit.kind === 'edit' && edit.author === entry.author && !mustStay(context, edit)) erase(context, edit)
    }
  }
}

const mustStay = ({ self }: EraseContext, entry: Entry): boolean =>
  entry.author === self.account && entry.state !== 'delivered' && entry.state !== 'read'

function erase({ store, vault }: EraseContext, { id }: Entry): void {
  store.run('UPDATE entries SET content_sealed = ? WHERE id = ?', [vault.seal(contentPlace(id), new Uint8Array(0)), id])
}
