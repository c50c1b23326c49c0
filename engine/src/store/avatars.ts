/** Pictures of people, sealed, by the text of their CID. Spec: PFX-16. */
import type { StorePort } from '../ports/store.ts'
import type { Vault } from '../vault/vault.ts'
import { bytesOf, numberOf, textOf } from './rows.ts'

/** How exactly it is known when a picture was last looked at: not every look is worth a write. */
export const AVATAR_USE_RESOLUTION_MS = 3_600_000

const place = (cid: string) => `avatars/${cid}`

/** Inside a transaction. */
export function saveAvatar(store: StorePort, vault: Vault, cid: string, image: Uint8Array, now: number): void {
  store.run(
    `INSERT INTO avatars (cid, image_sealed, size, used_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (cid) DO UPDATE SET used_at = excluded.used_at`,
    [cid, vault.seal(place(cid), image), image.length, now],
  )
}

export interface StoredAvatar {
  readonly image: Uint8Array
  readonly usedAt: number
}

export function readAvatar(store: StorePort, vault: Vault, cid: string): StoredAvatar | undefined {
  const row = store.all('SELECT image_sealed, used_at FROM avatars WHERE cid = ?', [cid])[0]
  if (row === undefined) return undefined
  return { image: vault.open(place(cid), bytesOf(row, 'image_sealed')), usedAt: numberOf(row, 'used_at') }
}

export const hasAvatar = (store: StorePort, cid: string): boolean =>
  store.all('SELECT 1 AS found FROM avatars WHERE cid = ?', [cid]).length === 1

/** Inside a transaction. */
export function deleteAvatar(store: StorePort, cid: string): void {
  store.run('DELETE FROM avatars WHERE cid = ?', [cid])
}

export function usedAvatar(store: StorePort, cid: string, now: number): void {
  store.run('UPDATE avatars SET used_at = ? WHERE cid = ?', [now, cid])
}

/** Forgets pictures beyond `bytesMax`, the least recently used first and `own` never. Inside a transaction. */
export function trimAvatars(store: StorePort, own: string | undefined, bytesMax: number): void {
  let over = numberOf(store.all('SELECT coalesce(sum(size), 0) AS bytes FROM avatars')[0] ?? {}, 'bytes') - bytesMax
  if (over <= 0) return
  for (const row of store.all('SELECT cid, size FROM avatars WHERE cid <> ? ORDER BY used_at, cid', [own ?? ''])) {
    if (over <= 0) return
    store.run('DELETE FROM avatars WHERE cid = ?', [textOf(row, 'cid')])
    over -= numberOf(row, 'size')
  }
}
