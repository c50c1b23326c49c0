/** The log of a conversation: one row per content, in the order that every device agrees on. */
import { concat, toHex, type MessageIdBytes, type Order } from '@parley/core'
import type { MessageState } from '../api/schema.ts'
import type { SqlRow, StorePort } from '../ports/store.ts'
import { bytesOf, flagOf, numberOf, optionalBytes, optionalText, textOf } from './rows.ts'

const ID_BYTES = 32

/** Positions of `entries.state`; a state only ever grows, except that a failed one may be queued again. ST-1 */
export const STATES: readonly MessageState[] = ['queued', 'stored', 'sent', 'delivered', 'read', 'failed']
export const stateNumber = (state: MessageState): number => STATES.indexOf(state)

/** `hidden`: removed from this device. What is left of it keeps it from coming back and others in their order. CNT-18 */
export type EntryKind = 'text' | 'edit' | 'delete' | 'reaction' | 'unreaction' | 'unknown' | 'hidden'

/** The vault's name for the content of a message. */
export const contentPlace = (id: MessageIdBytes): string => `entries/${toHex(id)}`

/** Positions are the numbers in `entries.owed`. */
const OWED = ['none', 'delivered', 'read'] as const
export type OwedReceipt = (typeof OWED)[number]

export interface Entry {
  readonly id: MessageIdBytes
  readonly conversation: string
  readonly author: string
  readonly kind: EntryKind
  readonly target: MessageIdBytes | undefined
  readonly order: Order
  readonly timeMs: number
  readonly timeCounter: number
  readonly parents: readonly MessageIdBytes[]
  /** Of a tile: the vault's tag of its subject; absent for the conversation itself. */
  readonly subject: Uint8Array | undefined
  /** The same in each conversation that one saying was sent to. */
  readonly copy: Uint8Array | undefined
  /** The MIMI content, sealed by the vault under `entries/<hex id>`; nothing at all when it was erased with its entry. */
  readonly contentSealed: Uint8Array
  readonly state: MessageState
  /** An envelope with this content is in the outbox. Never true of contents of others. */
  readonly isPosted: boolean
  readonly isUnread: boolean
  readonly isSkewed: boolean
  /** A receipt that the author has not been sent yet. RCP-2 */
  readonly owed: OwedReceipt
  readonly failure: string | undefined
  readonly attempts: number
  readonly receivedAt: number
}

export const isTile = (kind: EntryKind): boolean => kind === 'text' || kind === 'unknown'

/** @returns false when the id is there already: the first delivery wins. */
export function insertEntry(store: StorePort, entry: Entry): boolean {
  return (
    store.run(
      `INSERT INTO entries
         (id, conversation, author, kind, is_tile, target, sort_order, time_ms, time_counter, parents, content_sealed,
          state, is_posted, is_unread, is_skewed, owed, failure, attempts, received_at, subject, copy)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO NOTHING`,
      [
        entry.id,
        entry.conversation,
        entry.author,
        entry.kind,
        isTile(entry.kind) ? 1 : 0,
        entry.target ?? null,
        entry.order,
        entry.timeMs,
        entry.timeCounter,
        concat(...entry.parents),
        entry.contentSealed,
        stateNumber(entry.state),
        entry.isPosted ? 1 : 0,
        entry.isUnread ? 1 : 0,
        entry.isSkewed ? 1 : 0,
        OWED.indexOf(entry.owed),
        entry.failure ?? null,
        entry.attempts,
        entry.receivedAt,
        entry.subject ?? null,
        entry.copy ?? null,
      ],
    ) === 1
  )
}

export function readEntry(row: SqlRow): Entry {
  return {
    id: bytesOf(row, 'id'),
    conversation: textOf(row, 'conversation'),
    author: textOf(row, 'author'),
    kind: textOf(row, 'kind') as EntryKind,
    target: optionalBytes(row, 'target'),
    order: textOf(row, 'sort_order'),
    timeMs: numberOf(row, 'time_ms'),
    timeCounter: numberOf(row, 'time_counter'),
    parents: splitIds(bytesOf(row, 'parents')),
    subject: optionalBytes(row, 'subject'),
    copy: optionalBytes(row, 'copy'),
    contentSealed: bytesOf(row, 'content_sealed'),
    state: STATES[numberOf(row, 'state')] ?? 'failed',
    isPosted: flagOf(row, 'is_posted'),
    isUnread: flagOf(row, 'is_unread'),
    isSkewed: flagOf(row, 'is_skewed'),
    owed: OWED[numberOf(row, 'owed')] ?? 'none',
    failure: optionalText(row, 'failure'),
    attempts: numberOf(row, 'attempts'),
    receivedAt: numberOf(row, 'received_at'),
  }
}

/** The ids of a `parents` column. */
export function splitIds(bytes: Uint8Array): readonly MessageIdBytes[] {
  return Array.from({ length: bytes.length / ID_BYTES }, (_, index) =>
    bytes.slice(index * ID_BYTES, (index + 1) * ID_BYTES),
  )
}

export function entryById(store: StorePort, id: MessageIdBytes): Entry | undefined {
  const row = store.all('SELECT * FROM entries WHERE id = ?', [id])[0]
  return row === undefined ? undefined : readEntry(row)
}

export const hasEntry = (store: StorePort, id: MessageIdBytes): boolean =>
  store.all('SELECT 1 AS found FROM entries WHERE id = ?', [id]).length === 1

/** Ids asked for in one statement. */
const IDS_PER_STATEMENT = 64

/** `ids` in groups of one statement each; a group is filled up by its last id, so that few statements serve all sizes. */
function groupsOf(ids: readonly MessageIdBytes[]): readonly (readonly MessageIdBytes[])[] {
  const groups: MessageIdBytes[][] = []
  for (let start = 0; start < ids.length; start += IDS_PER_STATEMENT) {
    const group = ids.slice(start, start + IDS_PER_STATEMENT)
    const size = 2 ** Math.ceil(Math.log2(group.length))
    const last = group.slice(-1)
    groups.push([...group, ...Array.from({ length: size - group.length }, () => last).flat()])
  }
  return groups
}

const marks = (ids: readonly MessageIdBytes[]): string => ids.map(() => '?').join(', ')

/** Edits, deletions and reactions of these messages, oldest first for each message. */
export function annotationsOf(store: StorePort, ids: readonly MessageIdBytes[]): readonly Entry[] {
  return groupsOf(ids).flatMap((group) => {
    const sql = `SELECT * FROM entries WHERE target IN (${marks(group)}) AND is_tile = 0 ORDER BY sort_order, id`
    return store.all(sql, group).map(readEntry)
  })
}

/** The tiles among these ids, in no particular order. */
export function tilesById(store: StorePort, ids: readonly MessageIdBytes[]): readonly Entry[] {
  return groupsOf(ids).flatMap((group) =>
    store.all(`SELECT * FROM entries WHERE id IN (${marks(group)}) AND is_tile = 1`, group).map(readEntry),
  )
}

/** What the edits among these ids edit. */
export function editTargets(store: StorePort, ids: readonly MessageIdBytes[]): readonly MessageIdBytes[] {
  return groupsOf(ids).flatMap((group) =>
    store
      .all(`SELECT target FROM entries WHERE id IN (${marks(group)}) AND kind = 'edit'`, group)
      .map((row) => bytesOf(row, 'target')),
  )
}

export interface PagePosition {
  readonly order: Order
  readonly id: MessageIdBytes
}

/** A subject's tag; `null`: only what has none; `undefined`: whatever it is about. */
export type SubjectFilter = Uint8Array | null | undefined

/** `AND …` and its parameter; the index of its own is named, because the order is the same in both. */
const within = (subject: SubjectFilter) =>
  subject === undefined
    ? { from: 'entries', and: '', parameters: [] }
    : { from: 'entries INDEXED BY entries_in_subject', and: 'AND subject IS ?', parameters: [subject] }

/** Up to `limit` tiles older than `before` (or the newest), newest first. */
export function tilesBefore(
  store: StorePort,
  conversation: string,
  before: PagePosition | undefined,
  limit: number,
  subject?: SubjectFilter,
) {
  const { from, and, parameters } = within(subject)
  const older = before === undefined ? '' : 'AND (sort_order, id) < (?, ?)'
  const rows = store.all(
    `SELECT * FROM ${from} WHERE conversation = ? AND is_tile = 1 ${and} ${older}
     ORDER BY sort_order DESC, id DESC LIMIT ?`,
    [conversation, ...parameters, ...(before === undefined ? [] : [before.order, before.id]), limit],
  )
  return rows.map(readEntry)
}

/** Up to `limit` tiles newer than `after`, oldest first. */
export function tilesAfter(
  store: StorePort,
  conversation: string,
  after: PagePosition,
  limit: number,
  subject?: SubjectFilter,
) {
  const { from, and, parameters } = within(subject)
  const rows = store.all(
    `SELECT * FROM ${from} WHERE conversation = ? AND is_tile = 1 ${and} AND (sort_order, id) > (?, ?)
     ORDER BY sort_order, id LIMIT ?`,
    [conversation, ...parameters, after.order, after.id, limit],
  )
  return rows.map(readEntry)
}

/** Moves own messages on to `state`; states never go back. @returns the ids that changed. */
export function advanceStates(
  store: StorePort,
  ids: readonly MessageIdBytes[],
  state: MessageState,
  where: { readonly conversation: string; readonly author: string },
): readonly MessageIdBytes[] {
  const next = stateNumber(state)
  return ids.filter(
    (id) =>
      store.run(
        `UPDATE entries SET state = ?, failure = NULL
         WHERE id = ? AND conversation = ? AND author = ? AND (state < ? OR state = 5)`,
        [next, id, where.conversation, where.author, next],
      ) === 1,
  )
}

/** An envelope with this own content went into the outbox. */
export function markPosted(store: StorePort, id: MessageIdBytes): void {
  store.run('UPDATE entries SET is_posted = 1 WHERE id = ?', [id])
}

/** Others hold the envelope of this own content for its reader. @returns false when nothing changed. ST-1 */
export const storeEntry = (store: StorePort, id: MessageIdBytes): boolean =>
  store.run('UPDATE entries SET state = 1 WHERE id = ? AND state = 0 AND is_posted = 1', [id]) === 1

/** A device has the envelope of this own content: it is at least `sent`. @returns false when nothing changed. */
export function acknowledgeEntry(store: StorePort, id: MessageIdBytes): boolean {
  return (
    store.run(
      `UPDATE entries SET is_posted = 0, failure = NULL, state = CASE WHEN state IN (0, 1, 5) THEN 2 ELSE state END
       WHERE id = ? AND is_posted = 1`,
      [id],
    ) === 1
  )
}

/** Own contents in the log that no envelope carries. */
export const unpostedCount = (store: StorePort): number =>
  numberOf(store.all('SELECT count(*) AS n FROM entries WHERE state = 0 AND is_posted = 0')[0] ?? { n: 0 }, 'n')

export const conversationsWaiting = (store: StorePort): readonly string[] =>
  store
    .all('SELECT DISTINCT conversation FROM entries WHERE state = 0 AND is_posted = 0')
    .map((row) => textOf(row, 'conversation'))

/** Gives up on an own message that reached no device; one that did stays as it is. ST-3 */
export function failEntry(store: StorePort, id: MessageIdBytes, failure: string): void {
  store.run('UPDATE entries SET state = 5, failure = ? WHERE id = ? AND state <= 1', [failure, id])
}

/** What became of a refused content: it waits in the log again, or it was given up. */
export type RefusedEntry = 'waits' | 'failed'

/** Nobody could read the envelope of this own content. At the `attemptsMax`th time it is given up. ST-3 */
export function refuseEntry(store: StorePort, id: MessageIdBytes, failure: string, attemptsMax: number): RefusedEntry {
  const queued = 'state = CASE state WHEN 1 THEN 0 ELSE state END'
  store.run(`UPDATE entries SET attempts = attempts + 1, is_posted = 0, ${queued} WHERE id = ?`, [id])
  const isHopeless = (entryById(store, id)?.attempts ?? 0) >= attemptsMax
  if (isHopeless) failEntry(store, id, failure)
  return isHopeless ? 'failed' : 'waits'
}

/** Own contents that wait here and have no envelope on its way yet, oldest first. */
export function waitingEntries(store: StorePort, conversation: string, author: string, limit: number) {
  const rows = store.all(
    `SELECT * FROM entries WHERE conversation = ? AND state = 0 AND is_posted = 0 AND author = ?
     ORDER BY seq LIMIT ?`,
    [conversation, author, limit],
  )
  return rows.map(readEntry)
}

export const unreadCount = (store: StorePort, conversation: string): number =>
  numberOf(
    store.all('SELECT count(*) AS unread FROM entries WHERE conversation = ? AND is_unread = 1', [conversation])[0] ?? {
      unread: 0,
    },
    'unread',
  )

export function firstUnread(store: StorePort, conversation: string): MessageIdBytes | undefined {
  const row = store.all('SELECT id FROM entries WHERE conversation = ? AND is_unread = 1 ORDER BY sort_order LIMIT 1', [
    conversation,
  ])[0]
  return row === undefined ? undefined : bytesOf(row, 'id')
}
