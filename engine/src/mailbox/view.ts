/** What waits for whom, and who holds it, for the network screen. Spec: OFF-12. */
import type { Waiting } from '../api/schema.ts'
import type { Context } from '../context.ts'
import { allContacts, displayName } from '../store/contacts.ts'
import { flagOf, numberOf, textOf } from '../store/rows.ts'

/** One entry for each account for which something waits, the oldest first. Receipts and answers do not count. */
export function viewWaiting({ store }: Pick<Context, 'store'>): Waiting[] {
  const contacts = new Map(allContacts(store).map((contact) => [contact.account, contact]))
  const rows = store.all(
    `SELECT devices.account AS account, count(DISTINCT message) AS messages, count(*) AS envelopes,
       sum(length(bytes)) AS bytes, min(created_at) AS since, sum(deposit IS NULL) AS only_here
     FROM outbox JOIN devices USING (peer_id) WHERE kind NOT IN ('status', 'acknowledgement')
     GROUP BY devices.account ORDER BY since`,
  )
  return rows.flatMap((row): Waiting[] => {
    const account = textOf(row, 'account')
    const contact = contacts.get(account)
    if (contact === undefined) return []
    return [
      {
        account,
        name: displayName(contact),
        conversation: contact.conversation,
        messages: numberOf(row, 'messages'),
        envelopes: numberOf(row, 'envelopes'),
        bytes: numberOf(row, 'bytes'),
        since: numberOf(row, 'since'),
        onlyHere: numberOf(row, 'only_here'),
        holders: holdersFor(store, account),
      },
    ]
  })
}

function holdersFor(store: Context['store'], account: string): Waiting['holders'] {
  const rows = store.all(
    `SELECT holdings.holder AS holder, count(outbox.seq) AS envelopes, max(holdings.checked_at) AS checked_at,
       max(holdings.is_lost) AS is_lost
     FROM holdings JOIN outbox ON outbox.deposit = holdings.deposit JOIN devices USING (peer_id)
     WHERE devices.account = ? AND outbox.kind NOT IN ('status', 'acknowledgement')
     GROUP BY holdings.holder ORDER BY holdings.holder`,
    [account],
  )
  return rows.map((row) => ({
    address: textOf(row, 'holder'),
    envelopes: numberOf(row, 'envelopes'),
    checkedAt: numberOf(row, 'checked_at'),
    isLost: flagOf(row, 'is_lost'),
  }))
}
