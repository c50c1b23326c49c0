/** Profile records as they were signed, sealed: the newest of each account, and those that were seen before. Spec: PFX-5. */
import type { StorePort } from '../ports/store.ts'
import type { Vault } from '../vault/vault.ts'
import { bytesOf, numberOf, textOf } from './rows.ts'

const place = (account: string) => `profiles/${account}`

export interface ProfileRow {
  readonly account: string
  readonly sequence: number
  /** The record as its maker signed it. */
  readonly record: Uint8Array
  /** When somebody last confirmed that it is the newest one. */
  readonly checkedAt: number
}

/** Takes the place of the account's record before it, and stands among its versions. Inside a transaction. */
export function saveProfile(store: StorePort, vault: Vault, digest: Uint8Array, row: ProfileRow): void {
  const sealed = vault.seal(place(row.account), row.record)
  store.run(
    `INSERT INTO profiles (digest, account, sequence, record_sealed, checked_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (digest) DO UPDATE SET sequence = excluded.sequence, record_sealed = excluded.record_sealed,
       checked_at = excluded.checked_at`,
    [digest, row.account, row.sequence, sealed, row.checkedAt],
  )
  store.run(
    `INSERT INTO profile_versions (account, sequence, record_sealed) VALUES (?, ?, ?)
     ON CONFLICT (account, sequence) DO UPDATE SET record_sealed = excluded.record_sealed`,
    [row.account, row.sequence, sealed],
  )
}

export function profileByDigest(store: StorePort, vault: Vault, digest: Uint8Array): ProfileRow | undefined {
  const row = store.all('SELECT * FROM profiles WHERE digest = ?', [digest])[0]
  if (row === undefined) return undefined
  const account = textOf(row, 'account')
  return {
    account,
    sequence: numberOf(row, 'sequence'),
    record: vault.open(place(account), bytesOf(row, 'record_sealed')),
    checkedAt: numberOf(row, 'checked_at'),
  }
}

export const hasProfile = (store: StorePort, account: string): boolean =>
  store.all('SELECT 1 AS found FROM profiles WHERE account = ?', [account]).length === 1

export function confirmProfile(store: StorePort, digest: Uint8Array, now: number): void {
  store.run('UPDATE profiles SET checked_at = ? WHERE digest = ?', [now, digest])
}

/** Contacts that are not blocked and whose record nobody confirmed in the last `freshMs`, nor will have by the clock of now. */
export const contactsConfirmedBefore = (store: StorePort, now: number, freshMs: number): readonly string[] =>
  store
    .all(
      `SELECT account FROM profiles JOIN contacts USING (account)
       WHERE abs(? - checked_at) >= ? AND account NOT IN (SELECT account FROM blocks) ORDER BY checked_at`,
      [now, freshMs],
    )
    .map((row) => textOf(row, 'account'))

/** Records of one account that were seen here, the newest first. */
export const profileVersions = (store: StorePort, vault: Vault, account: string): readonly Uint8Array[] =>
  store
    .all('SELECT record_sealed FROM profile_versions WHERE account = ? ORDER BY sequence DESC', [account])
    .map((row) => vault.open(place(account), bytesOf(row, 'record_sealed')))

/** Keeps the newest `versions` of one account. Inside a transaction. */
export function trimVersions(store: StorePort, account: string, versions: number): void {
  store.run(
    `DELETE FROM profile_versions WHERE account = ? AND sequence NOT IN
       (SELECT sequence FROM profile_versions WHERE account = ? ORDER BY sequence DESC LIMIT ?)`,
    [account, account, versions],
  )
}

/** Forgets strangers beyond `strangers`, those that were confirmed longest ago. Inside a transaction. */
export function trimStrangers(store: StorePort, own: string, strangers: number): void {
  const isStranger = 'account <> ? AND account NOT IN (SELECT account FROM contacts)'
  const count = store.all(`SELECT count(*) AS count FROM profiles WHERE ${isStranger}`, [own])[0] ?? {}
  const over = numberOf(count, 'count') - strangers
  if (over <= 0) return
  const gone = store
    .all(`SELECT account FROM profiles WHERE ${isStranger} ORDER BY checked_at LIMIT ?`, [own, over])
    .map((row) => textOf(row, 'account'))
  for (const account of gone) {
    store.run('DELETE FROM profiles WHERE account = ?', [account])
    store.run('DELETE FROM profile_versions WHERE account = ?', [account])
  }
}
