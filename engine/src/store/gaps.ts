/** Logging contents: parents that have not arrived, and what their arrival does to the order below them. ORD-3, SYN-2 */
import { orderOf, toHex, type MessageIdBytes, type Order } from '@parley/core'
import type { StorePort } from '../ports/store.ts'
import { insertEntry, splitIds, type Entry } from './entries.ts'
import { bytesOf, numberOf, textOf } from './rows.ts'

export const isMissing = (store: StorePort, id: MessageIdBytes): boolean =>
  store.all('SELECT 1 AS found FROM gaps WHERE missing = ? LIMIT 1', [id]).length === 1

export const hasGapBefore = (store: StorePort, child: MessageIdBytes): boolean =>
  store.all('SELECT 1 AS found FROM gaps WHERE child = ? LIMIT 1', [child]).length === 1

/** False when nothing is missing in any conversation. */
export const isAnyMissing = (store: StorePort): boolean => store.all('SELECT 1 AS found FROM gaps LIMIT 1').length === 1

export function missingIn(store: StorePort, conversation: string, limit: number): readonly MessageIdBytes[] {
  const rows = store.all('SELECT DISTINCT missing FROM gaps WHERE conversation = ? LIMIT ?', [conversation, limit])
  return rows.map((row) => bytesOf(row, 'missing'))
}

export interface Logged {
  /** The entry in its place; its order may differ from the one that was asked for. */
  readonly entry: Entry
  /** One of its parents is not here. */
  readonly hasGap: boolean
  /** Others whose place changed or whose gap closed. */
  readonly changed: readonly MessageIdBytes[]
}

/**
 * Puts a content into the log, inside a transaction: in its order below the parents that are here by now, with its
 * missing parents noted, the gaps that waited for it closed and everything that has to sort after it moved.
 *
 * The outcome is the same whatever order the contents of a conversation arrive in. @returns `undefined` when the id is
 * there already: the first delivery wins.
 */
export function logEntry(store: StorePort, entry: Entry): Logged | undefined {
  const parents = entry.parents.map((id) => ({ id, order: orderIn(store, id) }))
  const placed = { ...entry, order: placeOf(entry, parents) }
  if (!insertEntry(store, placed)) return undefined
  const missing = parents.filter(({ order }) => order === undefined)
  for (const { id } of missing) {
    const parameters = [id, entry.id, entry.conversation]
    store.run('INSERT OR IGNORE INTO gaps (missing, child, conversation) VALUES (?, ?, ?)', parameters)
  }
  return { entry: placed, hasGap: missing.length > 0, changed: closeGaps(store, entry) }
}

function orderIn(store: StorePort, id: MessageIdBytes): Order | undefined {
  const row = store.all('SELECT sort_order FROM entries WHERE id = ?', [id])[0]
  return row === undefined ? undefined : textOf(row, 'sort_order')
}

const placeOf = (
  { timeMs, timeCounter }: Pick<Entry, 'timeMs' | 'timeCounter'>,
  parents: readonly { readonly order: Order | undefined }[],
): Order =>
  orderOf(
    { ms: timeMs, counter: timeCounter },
    parents.flatMap(({ order }) => order ?? []),
  )

function closeGaps(store: StorePort, { id, conversation }: Entry): readonly MessageIdBytes[] {
  const rows = store.all('SELECT child FROM gaps WHERE missing = ?', [id])
  if (rows.length === 0) return []
  store.run('DELETE FROM gaps WHERE missing = ?', [id])
  const children = rows.map((row) => bytesOf(row, 'child'))
  const moved = moveBelow(store, conversation, children)
  const movedHex = new Set(moved.map(toHex))
  return [...children.filter((child) => !movedHex.has(toHex(child))), ...moved]
}

/**
 * Recomputes orders from `children` on, in one pass: children sort after their parents before and after, so whoever is
 * visited in the old order has parents whose new order is known.
 */
function moveBelow(store: StorePort, conversation: string, children: readonly MessageIdBytes[]): MessageIdBytes[] {
  const first = children.map((id) => orderIn(store, id) ?? '').sort()[0]
  const rows = store.all(
    `SELECT id, parents, sort_order, time_ms, time_counter FROM entries
     WHERE conversation = ? AND is_tile IN (0, 1) AND sort_order >= ? ORDER BY sort_order, id`,
    [conversation, first ?? ''],
  )
  const affected = new Set(children.map(toHex))
  const moved = new Map<string, Order>()
  const ids: MessageIdBytes[] = []
  for (const row of rows) {
    const id = bytesOf(row, 'id')
    const parents = splitIds(bytesOf(row, 'parents'))
    if (!affected.has(toHex(id)) && !parents.some((parent) => moved.has(toHex(parent)))) continue
    const time = { timeMs: numberOf(row, 'time_ms'), timeCounter: numberOf(row, 'time_counter') }
    const order = placeOf(
      time,
      parents.map((parent) => ({ order: moved.get(toHex(parent)) ?? orderIn(store, parent) })),
    )
    if (order === textOf(row, 'sort_order')) continue
    store.run('UPDATE entries SET sort_order = ? WHERE id = ?', [order, id])
    moved.set(toHex(id), order)
    ids.push(id)
  }
  return ids
}
