/** Small values that applications keep with the account; the vault seals them. Spec: API-21. */
import { APP_VALUES_MAX, parseUtf8, utf8 } from '@parley/core'
import { EngineError } from '../api/errors.ts'
import type { StorePort } from '../ports/store.ts'
import type { Vault } from '../vault/vault.ts'
import { bytesOf } from './rows.ts'

const place = (key: string): string => `app/${key}`

export function readAppValue(store: StorePort, vault: Vault, key: string): string | null {
  const row = store.all('SELECT value_sealed FROM app_values WHERE key = ?', [key])[0]
  return row === undefined ? null : (parseUtf8(vault.open(place(key), bytesOf(row, 'value_sealed'))) ?? '')
}

/** `null` removes it. Inside a transaction. @throws EngineError `TOO_LARGE` when there are APP_VALUES_MAX others. */
export function saveAppValue(store: StorePort, vault: Vault, key: string, value: string | null): void {
  store.run('DELETE FROM app_values WHERE key = ?', [key])
  if (value === null) return
  const isFull = store.all('SELECT 1 AS found FROM app_values').length >= APP_VALUES_MAX
  if (isFull) throw new EngineError('TOO_LARGE', `at most ${APP_VALUES_MAX} values are kept`)
  const sealed = vault.seal(place(key), utf8(value))
  store.run('INSERT INTO app_values (key, value_sealed) VALUES (?, ?)', [key, sealed])
}
