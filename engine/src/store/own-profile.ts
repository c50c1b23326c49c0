/** What is known about the own profile besides its record: where it stands with those who hold it for others. Spec: PFX-2, PFX-8. */
import { decodeCbor, encodeCbor, isBytes, isRecord, isUint } from '@parley/core'
import type { StorePort } from '../ports/store.ts'

const KEY = 'profile'

export interface OwnProfileState {
  /** False in a restored account until holders were asked for what it had published before. PFX-2 */
  readonly isSought: boolean
  /** The owner changed something since the account is here: what is found later changes nothing. PFX-2 */
  readonly isTouched: boolean
  /** When somebody last took the public record of now; 0 for never. */
  readonly publishedAt: number
  /** A public record that takes everything back, for as long as anybody may hold one before it. PFX-9 */
  readonly farewell: Uint8Array | undefined
}

const FIRST: OwnProfileState = { isSought: true, isTouched: false, publishedAt: 0, farewell: undefined }

export function readOwnProfileState(store: StorePort): OwnProfileState {
  const row = store.all('SELECT value FROM meta WHERE key = ?', [KEY])[0]
  const value = row?.['value'] instanceof Uint8Array ? decodeCbor(row['value']) : undefined
  if (!isRecord(value)) return FIRST
  const { isSought, isTouched, publishedAt, farewell } = value
  return {
    isSought: isSought !== false,
    isTouched: isTouched === true,
    publishedAt: isUint(publishedAt) ? publishedAt : 0,
    farewell: isBytes(farewell) ? farewell : undefined,
  }
}

/** Inside a transaction, or alone. */
export function saveOwnProfileState(store: StorePort, { farewell, ...state }: OwnProfileState): void {
  store.run('INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value', [
    KEY,
    encodeCbor({ ...state, farewell: farewell ?? null }),
  ])
}

/** This database is a restored account's: what it published before is to be found first. Inside a transaction. */
export const noteRestored = (store: StorePort): void => saveOwnProfileState(store, { ...FIRST, isSought: false })
