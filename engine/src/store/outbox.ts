/**
 * Sealed bytes that wait for a device to acknowledge them: always the same bytes again, never sealed anew, so no key is
 * used twice. Spec: DLV-1…DLV-4.
 */
import { envelopeId, type MessageIdBytes } from '@parley/core'
import type { SqlRow, StorePort } from '../ports/store.ts'
import { bytesOf, numberOf, optionalBytes, optionalNumber, optionalText, textOf } from './rows.ts'

export type OutboxKind = 'content' | 'status' | 'acknowledgement' | 'commit' | 'request' | 'welcome'

export interface OutboxItem {
  readonly peerId: string
  readonly kind: OutboxKind
  readonly conversation: string | undefined
  readonly message: MessageIdBytes | undefined
  readonly bytes: Uint8Array
  /** For a status: the report inside, so that it can be owed again when nobody could read it. */
  readonly report?: Uint8Array | undefined
  readonly createdAt: number
}

export interface OutboxRow extends OutboxItem {
  readonly seq: number
  /** The deposit that holds it for its reader, once there is one. OFF-1 */
  readonly deposit: number | undefined
}

export function insertOutbox(store: StorePort, item: OutboxItem): void {
  store.run(
    'INSERT INTO outbox (peer_id, kind, conversation, message, bytes, report, created_at, envelope) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    [
      item.peerId,
      item.kind,
      item.conversation ?? null,
      item.message ?? null,
      item.bytes,
      item.report ?? null,
      item.createdAt,
      envelopeId(item.bytes),
    ],
  )
}

export function outboxAfter(store: StorePort, peerId: string, seq: number, limit: number): readonly OutboxRow[] {
  return store
    .all('SELECT * FROM outbox WHERE peer_id = ? AND seq > ? ORDER BY seq LIMIT ?', [peerId, seq, limit])
    .map(readOutbox)
}

export function deleteOutbox(store: StorePort, seq: number): void {
  store.run('DELETE FROM outbox WHERE seq = ?', [seq])
}

export const deleteOutboxOfPeer = (store: StorePort, peerId: string): number =>
  store.run('DELETE FROM outbox WHERE peer_id = ?', [peerId])

/** What waits for `peerId` under this envelope id. */
export function outboxByEnvelope(store: StorePort, peerId: string, envelope: Uint8Array): OutboxRow | undefined {
  const row = store.all('SELECT * FROM outbox WHERE envelope = ? AND peer_id = ?', [envelope, peerId])[0]
  return row === undefined ? undefined : readOutbox(row)
}

/** Rows that no deposit holds yet, in order. */
export const undeposited = (store: StorePort, peerId: string, limit: number): readonly OutboxRow[] =>
  store
    .all('SELECT * FROM outbox WHERE peer_id = ? AND deposit IS NULL ORDER BY seq LIMIT ?', [peerId, limit])
    .map(readOutbox)

/**
 * When the oldest envelope was made that is a reason for a deposit and is in none; undefined when there is none. Receipts
 * are no reason: they go with the next one. OFF-2
 */
export const undepositedSince = (store: StorePort, peerId: string): number | undefined =>
  optionalNumber(
    store.all(
      "SELECT min(created_at) AS since FROM outbox WHERE peer_id = ? AND deposit IS NULL AND kind <> 'status'",
      [peerId],
    )[0] ?? {},
    'since',
  )

/** Nothing but answers, and receipts with them, waits to be deposited. */
export const waitAnswersOnly = (store: StorePort, peerId: string): boolean =>
  store.all(
    `SELECT 1 AS found FROM outbox
     WHERE peer_id = ? AND deposit IS NULL AND kind NOT IN ('status', 'acknowledgement') LIMIT 1`,
    [peerId],
  ).length === 0

export const outboxOfDeposit = (store: StorePort, deposit: number): readonly OutboxRow[] =>
  store.all('SELECT * FROM outbox WHERE deposit = ? ORDER BY seq', [deposit]).map(readOutbox)

/** Only answers are in this deposit: nobody answers them. */
export const isAnswerOnly = (store: StorePort, deposit: number): boolean =>
  store.all("SELECT 1 AS found FROM outbox WHERE deposit = ? AND kind <> 'acknowledgement' LIMIT 1", [deposit])
    .length === 0

/** Answers in this deposit: whoever says that it has the rest of it has them too. Earlier ones it may have missed. */
export const deleteAnswers = (store: StorePort, peerId: string, deposit: number): number =>
  store.run("DELETE FROM outbox WHERE peer_id = ? AND kind = 'acknowledgement' AND deposit = ?", [peerId, deposit])

/** Requests of a conversation whose other side answered. @returns whether one of them waits with others. */
export function deleteRequests(store: StorePort, conversation: string): boolean {
  const rows = store.all("SELECT deposit FROM outbox WHERE conversation = ? AND kind = 'request'", [conversation])
  store.run("DELETE FROM outbox WHERE conversation = ? AND kind = 'request'", [conversation])
  return rows.some(({ deposit }) => deposit !== null)
}

/** What waits since before `createdBefore`. */
export const expiredOutbox = (store: StorePort, createdBefore: number): readonly OutboxRow[] =>
  store.all('SELECT * FROM outbox WHERE created_at <= ? ORDER BY seq LIMIT 1024', [createdBefore]).map(readOutbox)

/** True when a Welcome or a commit of the same conversation waits before this row: without it nobody can read the row. */
export const hasEarlierHandshake = (store: StorePort, row: OutboxRow): boolean =>
  store.all(
    `SELECT 1 AS found FROM outbox
     WHERE peer_id = ? AND seq < ? AND conversation = ? AND kind IN ('welcome', 'commit') LIMIT 1`,
    [row.peerId, row.seq, row.conversation ?? null],
  ).length === 1

/** True when a Welcome or a commit of the conversation is on its way. */
export const hasHandshake = (store: StorePort, conversation: string): boolean =>
  store.all("SELECT 1 AS found FROM outbox WHERE conversation = ? AND kind IN ('welcome', 'commit') LIMIT 1", [
    conversation,
  ]).length === 1

/** The number of the last row that was written. */
export const newestOutboxSeq = (store: StorePort): number =>
  numberOf(store.all("SELECT coalesce(max(seq), 0) AS seq FROM sqlite_sequence WHERE name = 'outbox'")[0] ?? {}, 'seq')

/** Contents on their way to somebody. */
export const outboxContents = (store: StorePort): number =>
  numberOf(store.all("SELECT count(*) AS n FROM outbox WHERE kind = 'content'")[0] ?? { n: 0 }, 'n')

export const peersWithOutbox = (store: StorePort): readonly string[] =>
  store.all('SELECT DISTINCT peer_id FROM outbox').map((row) => textOf(row, 'peer_id'))

function readOutbox(row: SqlRow): OutboxRow {
  return {
    seq: numberOf(row, 'seq'),
    peerId: textOf(row, 'peer_id'),
    kind: textOf(row, 'kind') as OutboxKind,
    conversation: optionalText(row, 'conversation'),
    message: optionalBytes(row, 'message'),
    bytes: bytesOf(row, 'bytes'),
    report: optionalBytes(row, 'report'),
    createdAt: numberOf(row, 'created_at'),
    deposit: optionalNumber(row, 'deposit'),
  }
}
