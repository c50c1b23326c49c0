/** What was read, and the receipts that authors wait for: columns of the log until they are said. Spec: RCP-2, RCP-3. */
import type { MessageIdBytes, Order } from '@parley/core'
import type { StorePort } from '../ports/store.ts'
import type { SubjectFilter } from './entries.ts'
import { bytesOf, numberOf, textOf } from './rows.ts'

/**
 * Marks as read what is unread up to `upTo` (or all), oldest first, at most `limit`. With `owesReceipt` each of them now
 * owes its author a read receipt. @returns the ids.
 */
export function markRead(
  store: StorePort,
  conversation: string,
  {
    upTo,
    limit,
    owesReceipt,
    subject,
  }: {
    readonly upTo: Order | undefined
    readonly limit: number
    readonly owesReceipt: boolean
    readonly subject?: SubjectFilter
  },
): readonly MessageIdBytes[] {
  const rows = store.all(
    `SELECT id FROM entries WHERE conversation = ? AND is_unread = 1 ${subject === undefined ? '' : 'AND subject IS ?'}
       AND sort_order <= ? ORDER BY sort_order LIMIT ?`,
    [conversation, ...(subject === undefined ? [] : [subject]), upTo ?? ORDER_LAST, limit],
  )
  const ids = rows.map((row) => bytesOf(row, 'id'))
  for (const id of ids) {
    store.run('UPDATE entries SET is_unread = 0, owed = CASE WHEN ? = 1 THEN 2 ELSE owed END WHERE id = ?', [
      owesReceipt ? 1 : 0,
      id,
    ])
  }
  return ids
}

/** Sorts behind every order, which are hexadecimal. */
const ORDER_LAST = 'g'

/** Receipts that authors of this conversation still wait for, oldest first. */
export function owedReceipts(store: StorePort, conversation: string, limit: number) {
  return store
    .all('SELECT id, owed FROM entries WHERE conversation = ? AND owed > 0 ORDER BY seq LIMIT ?', [conversation, limit])
    .map((row) => ({ id: bytesOf(row, 'id'), isRead: numberOf(row, 'owed') === 2 }))
}

export function settleReceipts(store: StorePort, ids: readonly MessageIdBytes[], isRead: boolean): void {
  for (const id of ids) store.run('UPDATE entries SET owed = 0 WHERE id = ? AND owed <= ?', [id, isRead ? 2 : 1])
}

/** A report of these was lost: the author still waits for it. */
export function oweAgain(store: StorePort, ids: readonly MessageIdBytes[], isRead: boolean): void {
  for (const id of ids) store.run('UPDATE entries SET owed = max(owed, ?) WHERE id = ?', [isRead ? 2 : 1, id])
}

/** A message arrived again, so its author may have missed the receipt. */
export function oweDelivered(store: StorePort, id: MessageIdBytes): void {
  store.run('UPDATE entries SET owed = 1 WHERE id = ? AND owed = 0', [id])
}

export const conversationsOwing = (store: StorePort): readonly string[] =>
  store.all('SELECT DISTINCT conversation FROM entries WHERE owed > 0').map((row) => textOf(row, 'conversation'))
