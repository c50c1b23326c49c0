/** Who takes how much of a holder. Spec: HLD-3. */
import { assert } from '@parley/core'
import type { StorePort } from '../ports/store.ts'
import { numberOf } from '../store/rows.ts'

export interface HolderQuota {
  /** Blocks and pointers together, of all peers. */
  readonly bytesMax: number
  readonly pointersMax: number
  readonly bytesPerPeerMax: number
  readonly pointersPerPeerMax: number
}

/** What one peer takes now, and the number of its row. */
export interface Account {
  readonly id: number
  readonly bytes: number
  readonly pointers: number
}

/**
 * The sums are kept beside what they count, in the same transaction. {@link mark} and {@link restore} take back the totals
 * of a transaction that failed.
 */
export class Accounts {
  readonly #store: StorePort
  readonly #quota: HolderQuota
  #bytes: number
  #pointers: number

  constructor(store: StorePort, quota: HolderQuota) {
    this.#store = store
    this.#quota = quota
    const [sums] = store.all(
      'SELECT coalesce(sum(bytes), 0) AS bytes, coalesce(sum(pointers), 0) AS pointers FROM held_peers',
    )
    this.#bytes = sums === undefined ? 0 : numberOf(sums, 'bytes')
    this.#pointers = sums === undefined ? 0 : numberOf(sums, 'pointers')
  }

  get bytes(): number {
    return this.#bytes
  }

  get pointers(): number {
    return this.#pointers
  }

  mark(): () => void {
    const [bytes, pointers] = [this.#bytes, this.#pointers]
    return () => {
      this.#bytes = bytes
      this.#pointers = pointers
    }
  }

  find(peer: string): Account | undefined {
    const [row] = this.#store.all('SELECT id, bytes, pointers FROM held_peers WHERE peer = ?', [peer])
    return row && { id: numberOf(row, 'id'), bytes: numberOf(row, 'bytes'), pointers: numberOf(row, 'pointers') }
  }

  /** Bytes that this peer may still store. */
  bytesFree(account: Account | undefined): number {
    const ofPeer = this.#quota.bytesPerPeerMax - (account?.bytes ?? 0)
    return Math.max(0, Math.min(ofPeer, this.#quota.bytesMax - this.#bytes))
  }

  /** True when one more pointer of `size` bytes may be kept, after giving back `freed`. */
  hasRoomForPointer(account: Account | undefined, size: number, freed: { own: number; all: number }): boolean {
    const { bytesMax, pointersMax, bytesPerPeerMax, pointersPerPeerMax } = this.#quota
    return (
      (account?.bytes ?? 0) - freed.own + size <= bytesPerPeerMax &&
      (account?.pointers ?? 0) - (freed.own > 0 ? 1 : 0) < pointersPerPeerMax &&
      this.#bytes - freed.all + size <= bytesMax &&
      this.#pointers - (freed.all > 0 ? 1 : 0) < pointersMax
    )
  }

  /** The row of `peer`, made when missing. Within a transaction. */
  open(peer: string): Account {
    const known = this.find(peer)
    if (known !== undefined) return known
    this.#store.run('INSERT INTO held_peers (peer, bytes, pointers) VALUES (?, 0, 0)', [peer])
    const opened = this.find(peer)
    assert(opened !== undefined, 'a row that was written can be read')
    return opened
  }

  /** Books what was added (or, negative, removed). An account with nothing is forgotten. Within a transaction. */
  book(id: number, bytes: number, pointers: number): void {
    this.#bytes += bytes
    this.#pointers += pointers
    const sql = 'UPDATE held_peers SET bytes = bytes + ?, pointers = pointers + ? WHERE id = ?'
    this.#store.run(sql, [bytes, pointers, id])
  }

  /** Forgets the peer when nothing of it is left. Within a transaction. */
  close(id: number): void {
    this.#store.run('DELETE FROM held_peers WHERE id = ? AND bytes = 0 AND pointers = 0', [id])
  }
}
