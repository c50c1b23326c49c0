/** The blocks that a holder has, by digest and by the peer that stored them. Spec: HLD-2, HLD-3. */
import { concat, digestOfCid, HOLDER_RENEWAL_STEP_MS, type Millis, WAITING_LIFETIME_MS } from '@parley/core'
import type { StorePort } from '../ports/store.ts'
import { bytesOf, numberOf } from '../store/rows.ts'
import type { Account, Accounts } from './accounts.ts'
import { rowsAmong } from './chunks.ts'
import { keyText } from './key-text.ts'

/**
 * Blocks are as large as a power of two, and so are the pages of the database: with anything beside it, one block of a
 * common size would take a page alone. So the first bytes of each stand elsewhere, which makes the rest fit in pairs.
 */
const HEAD_BYTES = 72

export interface HeldBlock {
  readonly id: number
  readonly size: number
  readonly expiresAt: Millis
}

export class Blocks {
  readonly #store: StorePort
  readonly #accounts: Accounts
  #count: number

  constructor(store: StorePort, accounts: Accounts) {
    this.#store = store
    this.#accounts = accounts
    const [row] = store.all('SELECT count(*) AS total FROM held_blocks')
    this.#count = row === undefined ? 0 : numberOf(row, 'total')
  }

  get count(): number {
    return this.#count
  }

  mark(): () => void {
    const count = this.#count
    return () => {
      this.#count = count
    }
  }

  /** Those of these CIDs that live, by digest ({@link keyText}); of `account` only when one is given. */
  held(cids: readonly Uint8Array[], now: Millis, account?: Account): ReadonlyMap<string, HeldBlock> {
    const found = new Map<string, HeldBlock>()
    const ofPeer = account === undefined ? '' : ' AND peer = ?'
    const sql = `SELECT id, digest, size, expires_at FROM held_blocks WHERE digest IN (…)${ofPeer} AND expires_at > ?`
    const after = account === undefined ? [now] : [account.id, now]
    for (const { rows } of rowsAmong(this.#store, sql, cids.map(digestOfCid), after)) {
      for (const row of rows) {
        const held = { id: numberOf(row, 'id'), size: numberOf(row, 'size'), expiresAt: numberOf(row, 'expires_at') }
        found.set(keyText(bytesOf(row, 'digest')), held)
      }
    }
    return found
  }

  read(id: number): Uint8Array | undefined {
    const [row] = this.#store.all('SELECT head, rest FROM held_blocks JOIN held_bytes USING (id) WHERE id = ?', [id])
    return row && concat(bytesOf(row, 'head'), bytesOf(row, 'rest'))
  }

  /**
   * Keeps blocks of `peer`, as many as find room, and renews those that it has. Returns the digests that are held now, and
   * until when all of them are. Within a transaction.
   */
  keep(
    peer: string,
    blocks: readonly { readonly cid: Uint8Array; readonly block: Uint8Array }[],
    now: Millis,
  ): { readonly cids: readonly Uint8Array[]; readonly expiresAt: Millis } {
    const account = this.#accounts.open(peer)
    const cids = blocks.map(({ cid }) => cid)
    const held = this.held(cids, now, account)
    const expiresAt = now + WAITING_LIFETIME_MS
    let free = this.#accounts.bytesFree(account)
    let bytes = 0
    const kept: Uint8Array[] = []
    for (const { cid, block } of blocks) {
      const digest = digestOfCid(cid)
      if (held.has(keyText(digest))) kept.push(cid)
      else if (block.length <= free) {
        free -= block.length
        bytes += block.length + this.#insert(digest, account, block, expiresAt)
        kept.push(cid)
      }
    }
    this.#accounts.book(account.id, bytes, 0)
    this.#accounts.close(account.id)
    return { cids: kept, expiresAt: Math.min(expiresAt, this.renew([...held.values()], now)) }
  }

  /** Returns the bytes that an expired copy of the same block gave back, as a negative number. */
  #insert(digest: Uint8Array, account: Account, block: Uint8Array, expiresAt: Millis): number {
    const [expired] = this.#store.all('SELECT id FROM held_blocks WHERE digest = ? AND peer = ?', [digest, account.id])
    if (expired !== undefined) this.#delete(numberOf(expired, 'id'))
    const rest = block.subarray(HEAD_BYTES)
    this.#store.run('INSERT INTO held_bytes (rest) VALUES (?)', [rest])
    this.#store.run(
      'INSERT INTO held_blocks (id, digest, peer, size, expires_at, head) VALUES (last_insert_rowid(), ?, ?, ?, ?, ?)',
      [digest, account.id, block.length, expiresAt, block.subarray(0, HEAD_BYTES)],
    )
    this.#count += 1
    return expired === undefined ? 0 : -block.length
  }

  #delete(id: number): void {
    this.#store.run('DELETE FROM held_blocks WHERE id = ?', [id])
    this.#store.run('DELETE FROM held_bytes WHERE id = ?', [id])
    this.#count -= 1
  }

  /** True when {@link renew} would write. */
  isRenewalDue(blocks: readonly HeldBlock[], now: Millis): boolean {
    return blocks.some(({ expiresAt }) => isStale(expiresAt, now))
  }

  /** Lets blocks live on from now; returns when the first of them ends, `Infinity` for none. Within a transaction. */
  renew(blocks: readonly HeldBlock[], now: Millis): Millis {
    const renewed = now + WAITING_LIFETIME_MS
    let first = Number.POSITIVE_INFINITY
    for (const { id, expiresAt } of blocks) {
      if (isStale(expiresAt, now)) this.#store.run('UPDATE held_blocks SET expires_at = ? WHERE id = ?', [renewed, id])
      first = Math.min(first, isStale(expiresAt, now) ? renewed : expiresAt)
    }
    return first
  }

  /** Forgets blocks of `peer`. Within a transaction. */
  drop(peer: string, cids: readonly Uint8Array[], now: Millis): void {
    const account = this.#accounts.find(peer)
    if (account === undefined) return
    let bytes = 0
    for (const { id, size } of this.held(cids, now, account).values()) {
      this.#delete(id)
      bytes += size
    }
    this.#accounts.book(account.id, -bytes, 0)
    this.#accounts.close(account.id)
  }

  /** Forgets up to `limit` blocks whose time is over; returns how many. Within a transaction. */
  collect(now: Millis, limit: number): number {
    const sql = 'SELECT id, peer, size FROM held_blocks WHERE expires_at <= ? ORDER BY expires_at LIMIT ?'
    const rows = this.#store.all(sql, [now, limit])
    for (const [peer, own] of Map.groupBy(rows, (row) => numberOf(row, 'peer'))) {
      for (const row of own) this.#delete(numberOf(row, 'id'))
      const bytes = own.reduce((total, row) => total + numberOf(row, 'size'), 0)
      this.#accounts.book(peer, -bytes, 0)
      this.#accounts.close(peer)
    }
    return rows.length
  }
}

const isStale = (expiresAt: Millis, now: Millis): boolean =>
  expiresAt + HOLDER_RENEWAL_STEP_MS <= now + WAITING_LIFETIME_MS
