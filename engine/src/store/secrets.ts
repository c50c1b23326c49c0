/** Key material at rest, always sealed by the vault under its own name. Spec: KEY-1. */
import type { StorePort } from '../ports/store.ts'
import type { Vault } from '../vault/vault.ts'
import { bytesOf, textOf } from './rows.ts'

const place = (name: string) => `secrets/${name}`

export function saveSecret(store: StorePort, vault: Vault, name: string, value: Uint8Array, expiresAt?: number): void {
  store.run(
    `INSERT INTO secrets (name, value_sealed, expires_at) VALUES (?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET value_sealed = excluded.value_sealed, expires_at = excluded.expires_at`,
    [name, vault.seal(place(name), value), expiresAt ?? null],
  )
}

export function readSecret(store: StorePort, vault: Vault, name: string): Uint8Array | undefined {
  const row = store.all('SELECT value_sealed FROM secrets WHERE name = ?', [name])[0]
  return row === undefined ? undefined : vault.open(place(name), bytesOf(row, 'value_sealed'))
}

/** Names that begin with `prefix`, in text order. */
export function secretNames(store: StorePort, prefix: string): readonly string[] {
  return store
    .all('SELECT name FROM secrets WHERE name >= ? AND name < ? ORDER BY name', [prefix, `${prefix}\u{10ffff}`])
    .map((row) => textOf(row, 'name'))
}

export function deleteSecret(store: StorePort, name: string): void {
  store.run('DELETE FROM secrets WHERE name = ?', [name])
}

/** Private keys whose time is over: forward secrecy of first contact depends on it. */
export function deleteExpiredSecrets(store: StorePort, now: number): number {
  return store.run('DELETE FROM secrets WHERE expires_at IS NOT NULL AND expires_at <= ?', [now])
}
