/** Parents that were named but have not arrived, and what their arrival does to the order below them. ORD-3, SYN-2 */
import { orderOf, toHex, type MessageIdBytes, type Order } from '@parley/core'
import type { StorePort } from '../ports/store.ts'
import { entryById, hasEntry, readEntry } from './entries.ts'
import { bytesOf } from './rows.ts'

export function noteGaps(
  store: StorePort,
  conversation: string,
  child: MessageIdBytes,
  parents: readonly MessageIdBytes[],
): boolean {
  const missing = parents.filter((parent) => !hasEntry(store, parent))
  for (const id of missing) {
    store.run('INSERT OR IGNORE INTO gaps (missing, child, conversation) VALUES (?, ?, ?)', [id, child, conversation])
  }
  return missing.length > 0
}

export const isMissing = (store: StorePort, id: MessageIdBytes): boolean =>
  store.all('SELECT 1 AS found FROM gaps WHERE missing = ? LIMIT 1', [id]).length === 1

export const hasGapBefore = (store: StorePort, child: MessageIdBytes): boolean =>
  store.all('SELECT 1 AS found FROM gaps WHERE child = ? LIMIT 1', [child]).length === 1

export function missingIn(store: StorePort, conversation: string, limit: number): readonly MessageIdBytes[] {
  const rows = store.all('SELECT DISTINCT missing FROM gaps WHERE conversation = ? LIMIT ?', [conversation, limit])
  return rows.map((row) => bytesOf(row, 'missing'))
}

/**
 * `arrived` is in the store now: closes its gaps and moves everything that has to sort after it.
 * @returns the ids whose place changed or whose gap closed.
 */
export function closeGaps(store: StorePort, conversation: string, arrived: MessageIdBytes): readonly MessageIdBytes[] {
  const rows = store.all('SELECT child FROM gaps WHERE missing = ?', [arrived])
  if (rows.length === 0) return []
  store.run('DELETE FROM gaps WHERE missing = ?', [arrived])
  const children = rows.map((row) => bytesOf(row, 'child'))
  const first = entryById(store, arrived)
  const moved = first === undefined ? [] : moveDescendants(store, conversation, children)
  return [...children, ...moved]
}

/** Recomputes orders from `children` on. Ends because an order only grows and the graph has no cycles (ids are hashes). */
function moveDescendants(
  store: StorePort,
  conversation: string,
  children: readonly MessageIdBytes[],
): MessageIdBytes[] {
  const moved: MessageIdBytes[] = []
  const open = [...children]
  for (let id = open.shift(); id !== undefined; id = open.shift()) {
    const entry = entryById(store, id)
    if (entry === undefined) continue
    const parentOrders = entry.parents.flatMap((parent): Order[] => {
      const known = entryById(store, parent)
      return known === undefined ? [] : [known.order]
    })
    const order = orderOf({ ms: entry.timeMs, counter: entry.timeCounter }, parentOrders)
    if (order === entry.order) continue
    store.run('UPDATE entries SET sort_order = ? WHERE id = ?', [order, id])
    moved.push(id)
    const later = store.all('SELECT * FROM entries WHERE conversation = ? AND sort_order >= ?', [
      conversation,
      entry.order,
    ])
    const idHex = toHex(id)
    for (const row of later) {
      const below = readEntry(row)
      if (below.parents.some((parent) => toHex(parent) === idHex)) open.push(below.id)
    }
  }
  return moved
}
