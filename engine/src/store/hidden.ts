/**
 * Removing entries from this device. The row stays, without words, reactions or subject: so nobody can bring it back,
 * and what builds on it keeps its place. Own words stay sealed until they were delivered, because until then only this
 * log can seal them again. Spec: CNT-18…CNT-20.
 */
import type { MessageIdBytes } from '@parley/core'
import type { StorePort } from '../ports/store.ts'
import { stateNumber, type SubjectFilter } from './entries.ts'
import { bytesOf, numberOf } from './rows.ts'

const DELIVERED = stateNumber('delivered')
const FAILED = stateNumber('failed')

/** What hiding does to a row; its first parameter is the own account. */
const HIDE = `UPDATE entries SET kind = 'hidden', is_tile = 0, target = NULL, subject = NULL, copy = NULL, is_unread = 0,
  content_sealed = CASE WHEN author = ? AND (state < ${DELIVERED} OR state = ${FAILED}) THEN content_sealed ELSE x'' END`

/** Hides a tile with everything that refers to it in its conversation. Inside a transaction. */
export function hideTile(store: StorePort, self: string, conversation: string, id: MessageIdBytes): void {
  store.run(`${HIDE} WHERE target = ? AND is_tile = 0 AND conversation = ?`, [self, id, conversation])
  store.run(`${HIDE} WHERE id = ?`, [self, id])
}

/** True when the tile `id` of the conversation was removed here: what still comes for it is of no use. */
export const isHidden = (store: StorePort, conversation: string, id: MessageIdBytes): boolean =>
  store.all("SELECT 1 AS found FROM entries WHERE id = ? AND conversation = ? AND kind = 'hidden'", [id, conversation])
    .length === 1

/** These own contents were delivered: the words of those that are hidden go too. Inside a transaction. */
export function eraseHidden(store: StorePort, ids: readonly MessageIdBytes[]): void {
  for (const id of ids)
    store.run(
      "UPDATE entries SET content_sealed = x'' WHERE id = ? AND kind = 'hidden' AND length(content_sealed) > 0",
      [id],
    )
}

/** The number of the last entry that was logged. */
export const newestEntry = (store: StorePort): number =>
  numberOf(store.all('SELECT coalesce(max(seq), 0) AS seq FROM entries')[0] ?? { seq: 0 }, 'seq')

export interface Clearance {
  readonly conversation: string
  readonly subject: SubjectFilter
  /** Nothing that was logged later is touched. */
  readonly upTo: number
  readonly limit: number
}

/** Hides up to `limit` tiles of a conversation, with what refers to them. Inside a transaction. @returns how many. */
export function hideTiles(store: StorePort, self: string, { conversation, subject, upTo, limit }: Clearance): number {
  const isAbout = subject === undefined ? '' : 'AND subject IS ?'
  const rows = store.all(
    `SELECT id FROM entries WHERE conversation = ? AND is_tile = 1 ${isAbout} AND seq <= ? LIMIT ?`,
    [conversation, ...(subject === undefined ? [] : [subject]), upTo, limit],
  )
  for (const row of rows) hideTile(store, self, conversation, bytesOf(row, 'id'))
  return rows.length
}
