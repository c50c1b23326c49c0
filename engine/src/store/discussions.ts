/** Subjects across conversations: who talks about one, and what was said about it everywhere. Spec: CNT-16. */
import type { MessageIdBytes } from '@parley/core'
import type { StorePort } from '../ports/store.ts'
import { readEntry, type Entry, type PagePosition } from './entries.ts'
import { bytesOf, numberOf, textOf } from './rows.ts'

/** A subject's tag, or `null` for what is about none. */
export type Subject = Uint8Array | null

/**
 * Conversations in which something is said about the subject, in text order: one step of the index for each, whatever
 * was said there.
 */
export function conversationsAbout(store: StorePort, subject: Subject): readonly string[] {
  const next = `SELECT min(conversation) FROM entries INDEXED BY entries_in_subject
    WHERE subject IS ? AND is_tile = 1`
  return store
    .all(
      `WITH RECURSIVE about (conversation) AS (
         SELECT (${next})
         UNION ALL SELECT (${next} AND conversation > about.conversation) FROM about WHERE conversation IS NOT NULL
       ) SELECT conversation FROM about WHERE conversation IS NOT NULL`,
      [subject, subject],
    )
    .map((row) => textOf(row, 'conversation'))
}

/** Up to `limit` tiles of all conversations older than `before` (or the newest), newest first. */
export function tilesAbout(
  store: StorePort,
  subject: Subject,
  before: PagePosition | undefined,
  limit: number,
): readonly Entry[] {
  const older = before === undefined ? '' : 'AND (sort_order, id) < (?, ?)'
  return store
    .all(
      `SELECT * FROM entries INDEXED BY entries_by_subject WHERE subject IS ? AND is_tile = 1 ${older}
       ORDER BY sort_order DESC, id DESC LIMIT ?`,
      [subject, ...(before === undefined ? [] : [before.order, before.id]), limit],
    )
    .map(readEntry)
}

/** How many tiles about the subject are unread, by conversation; those without any are left out. */
export const unreadAbout = (store: StorePort, subject: Subject): ReadonlyMap<string, number> =>
  new Map(
    store
      .all(
        `SELECT conversation, count(*) AS unread FROM entries INDEXED BY entries_unread_in_subject
         WHERE is_unread = 1 AND subject IS ? GROUP BY conversation`,
        [subject],
      )
      .map((row) => [textOf(row, 'conversation'), numberOf(row, 'unread')]),
  )

/** Tiles that are copies of one saying, oldest first, at most `limit`. */
export const copiesOf = (store: StorePort, copy: Uint8Array, limit: number): readonly MessageIdBytes[] =>
  store
    .all('SELECT id FROM entries WHERE copy = ? AND is_tile = 1 ORDER BY seq LIMIT ?', [copy, limit])
    .map((row) => bytesOf(row, 'id'))
