/** The pointers that a holder has: one signed record a key, the newest worked records of a prefix. Spec: HLD-3, HLD-6. */
import {
  equalBytes,
  fittingItems,
  itemsBytes,
  INBOX_BUCKET_BYTES_MAX,
  INBOX_BUCKET_RECORDS_MAX,
  keyPrefix,
  MAILBOX_FOUND_MAX,
  type Millis,
  type PointerRecord,
  type PointStatus,
  sha256,
} from '@parley/core'
import type { SqlRow, StorePort } from '../ports/store.ts'
import { bytesOf, numberOf } from '../store/rows.ts'
import type { Accounts } from './accounts.ts'
import { rowsAmong } from './chunks.ts'
import { keyText } from './key-text.ts'

interface Found {
  readonly id: number
  readonly size: number
  readonly isWorked: boolean
}

export class Pointers {
  readonly #store: StorePort
  readonly #accounts: Accounts

  constructor(store: StorePort, accounts: Accounts) {
    this.#store = store
    this.#accounts = accounts
  }

  /** Keeps a checked record for `peer`, or says why not. Within a transaction. */
  put(peer: string, record: PointerRecord, now: Millis): PointStatus {
    return record.type === 'signed' ? this.#putSigned(peer, record, now) : this.#putWorked(peer, record)
  }

  #putSigned(peer: string, record: PointerRecord, now: Millis): PointStatus {
    const [row] = this.#store.all(
      'SELECT id, peer, sequence, size, expires_at, bytes FROM held_pointers WHERE prefix = ? AND is_worked = 0 AND key = ?',
      [keyPrefix(record.key), record.key],
    )
    if (row !== undefined && numberOf(row, 'expires_at') > now && numberOf(row, 'sequence') >= record.sequence) {
      return equalBytes(bytesOf(row, 'bytes'), record.bytes) ? 'kept' : 'older'
    }
    const account = this.#accounts.find(peer)
    const freed = row === undefined ? 0 : numberOf(row, 'size')
    const own = row !== undefined && numberOf(row, 'peer') === account?.id ? freed : 0
    if (!this.#accounts.hasRoomForPointer(account, record.bytes.length, { own, all: freed })) return 'full'
    if (row !== undefined) this.#remove(row)
    this.#insert(peer, record, 0)
    return 'kept'
  }

  #putWorked(peer: string, record: PointerRecord): PointStatus {
    const prefix = keyPrefix(record.key)
    const among = 'FROM held_pointers WHERE prefix = ? AND is_worked = 1'
    const mark = markOf(record.bytes)
    const [same] = this.#store.all(`SELECT 1 AS found ${among} AND mark = ? AND bytes = ?`, [
      prefix,
      mark,
      record.bytes,
    ])
    if (same !== undefined) return 'kept'
    const size = record.bytes.length
    if (!this.#accounts.hasRoomForPointer(this.#accounts.find(peer), size, { own: 0, all: 0 })) return 'full'
    this.#insert(peer, record, mark)
    const [sums] = this.#store.all(`SELECT count(*) AS total, sum(size) AS bytes ${among}`, [prefix])
    let [count, bytes] = sums === undefined ? [0, 0] : [numberOf(sums, 'total'), numberOf(sums, 'bytes')]
    while (count > INBOX_BUCKET_RECORDS_MAX || bytes > INBOX_BUCKET_BYTES_MAX) {
      const [oldest] = this.#store.all(`SELECT id, peer, size ${among} ORDER BY id LIMIT 1`, [prefix])
      if (oldest === undefined) break
      this.#remove(oldest)
      count -= 1
      bytes -= numberOf(oldest, 'size')
    }
    return 'kept'
  }

  #insert(peer: string, record: PointerRecord, mark: number): void {
    const { id } = this.#accounts.open(peer)
    const { key, sequence, expiresAt, bytes, type } = record
    this.#store.run(
      `INSERT INTO held_pointers (prefix, key, is_worked, mark, peer, sequence, size, expires_at, bytes)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      [keyPrefix(key), key, type === 'worked' ? 1 : 0, mark, id, sequence, bytes.length, expiresAt, bytes],
    )
    this.#accounts.book(id, bytes.length, 1)
  }

  /** `row`: id, peer, size. */
  #remove(row: SqlRow): void {
    this.#store.run('DELETE FROM held_pointers WHERE id = ?', [numberOf(row, 'id')])
    this.#accounts.book(numberOf(row, 'peer'), -numberOf(row, 'size'), -1)
    this.#accounts.close(numberOf(row, 'peer'))
  }

  /** All records of the first prefixes that one answer can carry. HLD-1 */
  find(prefixes: readonly Uint8Array[], now: Millis): readonly Uint8Array[] {
    const distinct = [...new Map(prefixes.map((prefix) => [keyText(prefix), prefix])).values()]
    const fitting: Found[] = []
    let takenBytes = 0
    const sql = 'SELECT id, prefix, is_worked, size FROM held_pointers WHERE prefix IN (…) AND expires_at > ?'
    for (const { values, rows } of rowsAmong(this.#store, sql, distinct, [now])) {
      const byPrefix = Map.groupBy(rows, (row) => keyText(bytesOf(row, 'prefix')))
      for (const prefix of values) {
        const found = (byPrefix.get(keyText(prefix)) ?? []).map(readFound).sort(bySignedThenNewest)
        const sizes = found.map(({ size }) => size)
        const count = fittingItems([takenBytes, ...sizes], MAILBOX_FOUND_MAX) - 1
        // What stands under one prefix fits into an answer; if it ever does not, some of it is better than nothing.
        if (count < found.length) return this.#read(fitting.length > 0 ? fitting : found.slice(0, count))
        fitting.push(...found)
        takenBytes += itemsBytes(sizes)
      }
    }
    return this.#read(fitting)
  }

  #read(found: readonly Found[]): readonly Uint8Array[] {
    return found.flatMap(({ id }) => {
      const [row] = this.#store.all('SELECT bytes FROM held_pointers WHERE id = ?', [id])
      return row === undefined ? [] : [bytesOf(row, 'bytes')]
    })
  }

  /** Forgets up to `limit` records whose time is over; returns how many. Within a transaction. */
  collect(now: Millis, limit: number): number {
    const sql = 'SELECT id, peer, size FROM held_pointers WHERE expires_at <= ? ORDER BY expires_at LIMIT ?'
    const rows = this.#store.all(sql, [now, limit])
    for (const [peer, own] of Map.groupBy(rows, (row) => numberOf(row, 'peer'))) {
      for (const row of own) this.#store.run('DELETE FROM held_pointers WHERE id = ?', [numberOf(row, 'id')])
      const bytes = own.reduce((total, row) => total + numberOf(row, 'size'), 0)
      this.#accounts.book(peer, -bytes, -own.length)
      this.#accounts.close(peer)
    }
    return rows.length
  }
}

/** 32 bits of a worked record's hash, by which the same one is found among the others of its prefix. */
const markOf = (bytes: Uint8Array): number => new DataView(sha256(bytes).buffer).getUint32(0)

const readFound = (row: SqlRow): Found => ({
  id: numberOf(row, 'id'),
  size: numberOf(row, 'size'),
  isWorked: numberOf(row, 'is_worked') === 1,
})

const bySignedThenNewest = (a: Found, b: Found): number => Number(a.isWorked) - Number(b.isWorked) || b.id - a.id
