/** The public profiles that a holder has: the newest record of an account, and its picture. Spec: HLD-11, HLD-12, HLD-13. */
import {
  avatarKind,
  CLOCK_SKEW_MAX_MS,
  compareProfiles,
  type CryptoPort,
  digestOfCid,
  fittingItems,
  isBlockOf,
  type Millis,
  type PointStatus,
  PROFILE_LIFETIME_MS,
  PROFILE_NAMES_MAX,
  type ProfileOrder,
  type ProfileRecord,
  verifyProfileRecord,
} from '@parley/core'
import type { SqlRow, StorePort } from '../ports/store.ts'
import { bytesOf, numberOf } from '../store/rows.ts'
import type { Accounts } from './accounts.ts'
import { rowsAmong } from './chunks.ts'
import { keyText } from './key-text.ts'

/** A record that was checked, with a picture that is its own or none. */
export interface ProfilePut {
  readonly from: string
  readonly profile: ProfileRecord
  readonly avatar: Uint8Array | undefined
  readonly now: Millis
}

/** The record when a holder may keep it: public, signed, valid now, and with no picture but its own. HLD-11 */
export async function checkPut(
  crypto: Pick<CryptoPort, 'ed25519Verify'>,
  record: Uint8Array,
  avatar: Uint8Array | undefined,
  now: Millis,
): Promise<ProfileRecord | undefined> {
  const verified = await verifyProfileRecord(crypto, record, now)
  if (!verified.ok || !verified.value.isPublic) return undefined
  if (avatar === undefined) return verified.value
  const cid = verified.value.avatar
  const isOwn = cid !== undefined && isBlockOf(cid, avatar) && avatarKind(avatar) !== undefined
  return isOwn ? verified.value : undefined
}

/** What is held of one account. A record that is over leaves its sequence behind, and takes no bytes. */
interface HeldProfile {
  readonly id: number
  readonly peer: number
  readonly sequence: number
  readonly cid: Uint8Array
  /** Bytes of the record and the picture; 0 when it is over. */
  readonly size: number
  readonly avatar: { readonly digest: Uint8Array; readonly size: number } | undefined
}

export class Profiles {
  readonly #store: StorePort
  readonly #accounts: Accounts

  constructor(store: StorePort, accounts: Accounts) {
    this.#store = store
    this.#accounts = accounts
  }

  /** What becomes of this record when it changes nothing; `undefined` when {@link put} would write. */
  settled(put: ProfilePut): PointStatus | undefined {
    const held = this.#find(put.profile.digest)
    const order = orderOf(held, put.profile)
    if (order === 'older') return 'older'
    if (order === 'same' && (put.avatar === undefined || held?.avatar !== undefined)) return 'kept'
    return this.#hasRoom(put, held) ? undefined : 'full'
  }

  /** Keeps a checked record for the peer that put it, or says why not. Within a transaction. */
  put(put: ProfilePut): PointStatus {
    const settled = this.settled(put)
    if (settled !== undefined) return settled
    const { profile, from, now } = put
    const held = this.#find(profile.digest)
    const avatar = put.avatar ?? this.#carried(held, profile)
    if (held !== undefined) this.#remove(held)
    const { id } = this.#accounts.open(from)
    const size = profile.bytes.length + (avatar?.length ?? 0)
    // no record that was made before this one is valid for longer: none of them can come back
    const forgetAt = now + PROFILE_LIFETIME_MS + CLOCK_SKEW_MAX_MS
    this.#store.run(
      `INSERT INTO held_profiles (digest, peer, sequence, cid, size, forget_at, due_at, bytes)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      [profile.digest, id, profile.sequence, profile.cid, size, forgetAt, profile.notAfter, profile.bytes],
    )
    if (avatar !== undefined && profile.avatar !== undefined) {
      const sql = 'INSERT INTO held_avatars (id, digest, bytes) VALUES (last_insert_rowid(), ?, ?)'
      this.#store.run(sql, [digestOfCid(profile.avatar), avatar])
    }
    this.#accounts.bookProfiles(id, size, 1)
    return 'kept'
  }

  /** True when a newer record of the account is held, or was. */
  isReplaced(profile: ProfileRecord): boolean {
    return orderOf(this.#find(profile.digest), profile) === 'older'
  }

  #find(digest: Uint8Array): HeldProfile | undefined {
    const sql = `SELECT held_profiles.id AS id, peer, sequence, cid, size, held_avatars.digest AS avatar,
      length(held_avatars.bytes) AS avatar_size FROM held_profiles LEFT JOIN held_avatars USING (id)
      WHERE held_profiles.digest = ?`
    const [row] = this.#store.all(sql, [digest])
    return row && readHeld(row)
  }

  #hasRoom({ from, profile, avatar }: ProfilePut, held: HeldProfile | undefined): boolean {
    const account = this.#accounts.find(from)
    const carried = isCarried(held, profile) ? (held?.avatar?.size ?? 0) : 0
    const size = profile.bytes.length + (avatar?.length ?? carried)
    const isOwn = held !== undefined && held.peer === account?.id
    const bytes = { own: isOwn ? held.size : 0, all: held?.size ?? 0 }
    const places = { own: isOwn ? 1 : 0, all: held === undefined ? 0 : 1 }
    return this.#accounts.hasRoomForProfile(account, size, bytes, places)
  }

  /** The picture of the record before, when the new one still names it. */
  #carried(held: HeldProfile | undefined, profile: ProfileRecord): Uint8Array | undefined {
    return held !== undefined && isCarried(held, profile) ? this.readAvatar(held.id) : undefined
  }

  #remove({ id, peer, size }: Pick<HeldProfile, 'id' | 'peer' | 'size'>): void {
    this.#store.run('DELETE FROM held_profiles WHERE id = ?', [id])
    this.#store.run('DELETE FROM held_avatars WHERE id = ?', [id])
    this.#accounts.bookProfiles(peer, -size, -1)
    this.#accounts.close(peer)
  }

  /** The first of these records that it has and one answer can carry, in their order; a digest that is named twice once. */
  get(digests: readonly Uint8Array[], now: Millis): readonly Uint8Array[] {
    const found = new Map<string, { readonly id: number; readonly size: number }>()
    const sql =
      'SELECT id, digest, length(bytes) AS size FROM held_profiles WHERE digest IN (…) AND bytes NOT NULL AND due_at > ?'
    for (const { rows } of rowsAmong(this.#store, sql, digests, [now])) {
      for (const row of rows) {
        found.set(keyText(bytesOf(row, 'digest')), { id: numberOf(row, 'id'), size: numberOf(row, 'size') })
      }
    }
    const keys = [...new Set(digests.map(keyText))]
    const wanted = keys.map((key) => found.get(key)).filter((held) => held !== undefined)
    const count = fittingItems(
      wanted.map(({ size }) => size),
      PROFILE_NAMES_MAX,
    )
    return wanted.slice(0, count).flatMap(({ id }) => {
      const [row] = this.#store.all('SELECT bytes FROM held_profiles WHERE id = ?', [id])
      return row === undefined ? [] : [bytesOf(row, 'bytes')]
    })
  }

  /** Pictures among these CIDs whose profile lives, by digest ({@link keyText}). */
  avatars(
    cids: readonly Uint8Array[],
    now: Millis,
  ): ReadonlyMap<string, { readonly id: number; readonly size: number }> {
    const found = new Map<string, { readonly id: number; readonly size: number }>()
    const sql = `SELECT held_avatars.id AS id, held_avatars.digest AS digest, length(held_avatars.bytes) AS size
      FROM held_avatars JOIN held_profiles USING (id) WHERE held_avatars.digest IN (…) AND due_at > ?`
    for (const { rows } of rowsAmong(this.#store, sql, cids.map(digestOfCid), [now])) {
      for (const row of rows) {
        found.set(keyText(bytesOf(row, 'digest')), { id: numberOf(row, 'id'), size: numberOf(row, 'size') })
      }
    }
    return found
  }

  readAvatar(id: number): Uint8Array | undefined {
    const [row] = this.#store.all('SELECT bytes FROM held_avatars WHERE id = ?', [id])
    return row && bytesOf(row, 'bytes')
  }

  /** Removes up to `limit` records that are over, or their sequences; returns how many. Within a transaction. */
  collect(now: Millis, limit: number): number {
    const sql = 'SELECT id, peer, size, forget_at FROM held_profiles WHERE due_at <= ? ORDER BY due_at LIMIT ?'
    const rows = this.#store.all(sql, [now, limit])
    for (const row of rows) {
      const [id, peer, size] = [numberOf(row, 'id'), numberOf(row, 'peer'), numberOf(row, 'size')]
      if (numberOf(row, 'forget_at') <= now) this.#remove({ id, peer, size })
      else {
        this.#store.run('UPDATE held_profiles SET bytes = NULL, size = 0, due_at = forget_at WHERE id = ?', [id])
        this.#store.run('DELETE FROM held_avatars WHERE id = ?', [id])
        this.#accounts.bookProfiles(peer, -size, 0)
      }
    }
    return rows.length
  }
}

/** Under one digest there is one account. */
const orderOf = (held: HeldProfile | undefined, profile: ProfileRecord): ProfileOrder =>
  compareProfiles(held && { ...held, account: profile.account }, profile)

const isCarried = (held: HeldProfile | undefined, profile: ProfileRecord): boolean =>
  held?.avatar !== undefined &&
  profile.avatar !== undefined &&
  keyText(digestOfCid(profile.avatar)) === keyText(held.avatar.digest)

const readHeld = (row: SqlRow): HeldProfile => ({
  id: numberOf(row, 'id'),
  peer: numberOf(row, 'peer'),
  sequence: numberOf(row, 'sequence'),
  cid: bytesOf(row, 'cid'),
  size: numberOf(row, 'size'),
  avatar: row['avatar'] === null ? undefined : { digest: bytesOf(row, 'avatar'), size: numberOf(row, 'avatar_size') },
})
