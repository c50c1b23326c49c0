/** Removing messages from this device alone. The others keep theirs, and are told nothing. Spec: CNT-18…CNT-20. */
import type { Context } from '../context.ts'
import type { Entry, SubjectFilter } from '../store/entries.ts'
import { hideTile, hideTiles, newestEntry } from '../store/hidden.ts'

/** Messages that are removed in one transaction; the rest follows in the next ones. */
export const HIDE_BATCH_MAX = 256

/** Resolves when the message and everything that referred to it is gone; own words that wait go once they arrived. */
export async function hideMessage({ store, self, turns }: Context, { id, conversation }: Entry): Promise<void> {
  await turns.run('command', () => (commit) => {
    hideTile(store, self.account, conversation, id)
    commit.touchConversation(conversation)
  })
}

/**
 * Removes what was logged until now, or as much of it as is about `subject`; without one, and with what is about
 * nothing in particular, the draft too. A crash on the way leaves the rest as it was: whoever asks again ends it.
 */
export async function clearConversation(context: Context, conversation: string, subject: SubjectFilter): Promise<void> {
  const { store, self, turns } = context
  const upTo = await turns.run('command', () => (commit) => {
    const isOfConversation = subject === undefined || subject === null
    if (isOfConversation) store.run('UPDATE conversations SET draft_sealed = NULL WHERE id = ?', [conversation])
    commit.touchConversation(conversation)
    return newestEntry(store)
  })
  const limit = HIDE_BATCH_MAX
  for (let count = limit; count === limit;) {
    count = await turns.run('command', () => (commit) => {
      commit.touchConversation(conversation)
      return hideTiles(store, self.account, { conversation, subject, upTo, limit })
    })
  }
}
