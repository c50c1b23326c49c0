/** Who takes how much of a holder. Spec: HLD-3. */
import { assert } from '@parley/core'
import type { StorePort } from '../ports/store.ts'
import { numberOf } from '../store/rows.ts'

export interface HolderQuota {
  /** Blocks, pointers and profiles together, of all peers. */
  readonly bytesMax: number
  readonly pointersMax: number
  readonly profilesMax: number
  readonly bytesPerPeerMax: number
  readonly pointersPerPeerMax: number
  readonly profilesPerPeerMax: number
}

/** What one peer takes now, and the number of its row. */
export interface Account {
  readonly id: number
  readonly bytes: number
  readonly pointers: number
  readonly profiles: number
}

/** What a record gives back that makes room for another: to its peer (`own`), and in all. */
export interface Freed {
  readonly own: number
  readonly all: number
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
  #profiles: number

  constructor(store: StorePort, quota: HolderQuota) {
    this.#store = store
    this.#quota = quota
    const [sums] = store.all(
      `SELECT coalesce(sum(bytes), 0) AS bytes, coalesce(sum(pointers), 0) AS pointers,
       coalesce(sum(profiles), 0) AS profiles FROM held_peers`,
    )
    this.#bytes = sums === undefined ? 0 : numberOf(sums, 'bytes')
    this.#pointers = sums === undefined ? 0 : numberOf(sums, 'pointers')
    this.#profiles = sums === undefined ? 0 : numberOf(sums, 'profiles')
  }

  get bytes(): number {
    return this.#bytes
  }

  get pointers(): number {
    return this.#pointers
  }

  get profiles(): number {
    return this.#profiles
  }

  mark(): () => void {
    const [bytes, pointers, profiles] = [this.#bytes, this.#pointers, this.#profiles]
    return () => {
      this.#bytes = bytes
      this.#pointers = pointers
      this.#profiles = profiles
    }
  }

  find(peer: string): Account | undefined {
    const [row] = this.#store.all('SELECT id, bytes, pointers, profiles FROM held_peers WHERE peer = ?', [peer])
    return (
      row && {
        id: numberOf(row, 'id'),
        bytes: numberOf(row, 'bytes'),
        pointers: numberOf(row, 'pointers'),
        profiles: numberOf(row, 'profiles'),
      }
    )
  }

  /** Bytes that this peer may still store. */
  bytesFree(account: Account | undefined): number {
    const ofPeer = this.#quota.bytesPerPeerMax - (account?.bytes ?? 0)
    return Math.max(0, Math.min(ofPeer, this.#quota.bytesMax - this.#bytes))
  }

  /** True when one more pointer of `size` bytes may be kept, after giving back `freed`. */
  hasRoomForPointer(account: Account | undefined, size: number, freed: Freed): boolean {
    const { pointersMax, pointersPerPeerMax } = this.#quota
    return (
      this.#hasBytes(account, size, freed) &&
      (account?.pointers ?? 0) - (freed.own > 0 ? 1 : 0) < pointersPerPeerMax &&
      this.#pointers - (freed.all > 0 ? 1 : 0) < pointersMax
    )
  }

  /** True when one more profile of `size` bytes may be kept, after giving back `freed` bytes and `places`. */
  hasRoomForProfile(account: Account | undefined, size: number, freed: Freed, places: Freed): boolean {
    const { profilesMax, profilesPerPeerMax } = this.#quota
    return (
      this.#hasBytes(account, size, freed) &&
      (account?.profiles ?? 0) - places.own < profilesPerPeerMax &&
      this.#profiles - places.all < profilesMax
    )
  }

  #hasBytes(account: Account | undefined, size: number, freed: Freed): boolean {
    const { bytesMax, bytesPerPeerMax } = this.#quota
    return (account?.bytes ?? 0) - freed.own + size <= bytesPerPeerMax && this.#bytes - freed.all + size <= bytesMax
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

  /** Books what was added (or, negative, removed). Within a transaction. */
  book(id: number, bytes: number, pointers: number): void {
    this.#bytes += bytes
    this.#pointers += pointers
    const sql = 'UPDATE held_peers SET bytes = bytes + ?, pointers = pointers + ? WHERE id = ?'
    this.#store.run(sql, [bytes, pointers, id])
  }

  /** The same for profiles. Within a transaction. */
  bookProfiles(id: number, bytes: number, profiles: number): void {
    this.#bytes += bytes
    this.#profiles += profiles
    const sql = 'UPDATE held_peers SET bytes = bytes + ?, profiles = profiles + ? WHERE id = ?'
    this.#store.run(sql, [bytes, profiles, id])
  }

  /** Forgets the peer when nothing of it is left. Within a transaction. */
  close(id: number): void {
    this.#store.run('DELETE FROM held_peers WHERE id = ? AND bytes = 0 AND pointers = 0 AND profiles = 0', [id])
  }
}
