/** When a message is called stored. Spec: OFF-12. */
import { toHex } from '@parley/core'
import type { Context } from '../context.ts'
import { holdingsOf, type Deposit } from '../store/deposits.ts'
import { storeEntry } from '../store/entries.ts'
import { outboxOfDeposit } from '../store/outbox.ts'
import type { Commit } from '../turn/commit.ts'

/** Says of each message of a deposit that others hold it: a push node, or storage that is not this machine. The pointer was taken. */
export function markStored({ store, self }: Context, commit: Commit, deposit: Deposit): void {
  const locations = [...deposit.locations, ...deposit.blocks.flatMap(({ location }) => location ?? [])]
  const isElsewhere = locations.some((location) => !location.endsWith(`/${self.peerId}`))
  if (!isElsewhere && holdingsOf(store, deposit.id).every(({ isLost }) => isLost)) return
  for (const { message, conversation } of outboxOfDeposit(store, deposit.id)) {
    if (message === undefined || conversation === undefined) continue
    storeEntry(store, message)
    commit.touchMessage(conversation, toHex(message))
  }
}
