/**
 * Seals what must not be readable on disk. One random key per database; a passphrase, when set, seals that key with
 * Argon2id, otherwise it lies beside the data and protects nothing but a copied row. Spec: KEY-1…KEY-5.
 */
import {
  concat,
  decodeCbor,
  deriveKey,
  encodeCbor,
  framed,
  isBytes,
  isRecord,
  isUint,
  utf8,
  type Argon2Cost,
  type CryptoPort,
  type RandomPort,
} from '@parley/core'
import { EngineError } from '../api/errors.ts'
import { PortError } from '../ports/port-error.ts'
import type { StorePort } from '../ports/store.ts'

const META_KEY = 'vault'
const WRAP_AAD = utf8('parley/vault/1')
const KEY_BYTES = 32
const NONCE_BYTES = 24
const TAG_BYTES = 16
/** RFC 9106's second recommended option, rounded to what a phone can bear: about a third of a second here. */
const COST: Argon2Cost = { memoryKiB: 65_536, passes: 3, lanes: 1 }
export const PASSPHRASE_LENGTH_MIN = 8

export interface Vault {
  /** `place` (table and row) is bound in: a sealed value moved to another row does not open. The result is a copy. */
  seal(place: string, plaintext: Uint8Array): Uint8Array
  /** @throws PortError `STORE_CORRUPT` when the value was changed or moved. */
  open(place: string, sealed: Uint8Array): Uint8Array
  /** 16 bytes that only this database gives the same value under the same `place`: found by equality, telling nothing. */
  tag(place: string, value: Uint8Array): Uint8Array
  readonly hasPassphrase: boolean
  /** Seals the key anew: `save` inside the caller's transaction, `adopt` once it is durable. `undefined` removes the passphrase. */
  prepareRewrap(passphrase: string | undefined): Promise<{ readonly save: () => void; readonly adopt: () => void }>
  /** True when `passphrase` is the one that seals this vault. */
  isPassphrase(passphrase: string): Promise<boolean>
}

interface Context {
  readonly store: StorePort
  readonly crypto: CryptoPort
  readonly random: RandomPort
}

/**
 * Opens the vault of this database, or makes one.
 * @throws EngineError `LOCKED` without the passphrase it needs, `PASSPHRASE_WRONG` with another one.
 */
export async function openVault(context: Context, passphrase: string | undefined): Promise<Vault> {
  const row = context.store.all('SELECT value FROM meta WHERE key = ?', [META_KEY])[0]
  if (row === undefined) {
    const key = context.random(KEY_BYTES)
    const wrap =
      passphrase === undefined || passphrase === '' ? plainWrap(key) : await sealedWrap(context, key, passphrase)
    saveWrap(context.store, wrap)
    return vaultOver(context, key, wrap.length > 0 && parseWrap(wrap)?.type === 'sealed')
  }
  const wrap = parseWrap(row['value'] instanceof Uint8Array ? row['value'] : new Uint8Array(0))
  if (wrap === undefined) throw new PortError('STORE_CORRUPT', 'the key that seals this database is unreadable', false)
  if (wrap.type === 'plain') return vaultOver(context, wrap.key, false)
  if (passphrase === undefined) throw new EngineError('LOCKED')
  const key = await unwrap(context, wrap, passphrase)
  if (key === undefined) throw new EngineError('PASSPHRASE_WRONG')
  return vaultOver(context, key, true)
}

type Wrap =
  | { readonly type: 'plain'; readonly key: Uint8Array }
  | { readonly type: 'sealed'; readonly salt: Uint8Array; readonly cost: Argon2Cost; readonly sealed: Uint8Array }

const plainWrap = (key: Uint8Array): Uint8Array => encodeCbor({ v: 1, key })

async function sealedWrap({ crypto, random }: Context, key: Uint8Array, passphrase: string): Promise<Uint8Array> {
  const salt = random(16)
  const nonce = random(NONCE_BYTES)
  const wrapping = await crypto.argon2id(utf8(passphrase.normalize('NFKC')), salt, COST)
  const sealed = concat(nonce, crypto.xchacha20poly1305.seal(wrapping, nonce, WRAP_AAD, key))
  return encodeCbor({ v: 1, salt, sealed, cost: [COST.memoryKiB, COST.passes, COST.lanes] })
}

function parseWrap(bytes: Uint8Array): Wrap | undefined {
  const value = decodeCbor(bytes)
  if (!isRecord(value) || value['v'] !== 1) return undefined
  const { key, salt, sealed, cost } = value
  if (isBytes(key, KEY_BYTES)) return { type: 'plain', key }
  if (!isBytes(salt, 16) || !isBytes(sealed) || !Array.isArray(cost)) return undefined
  const [memoryKiB, passes, lanes] = cost as readonly unknown[]
  if (!isUint(memoryKiB, 1_048_576) || !isUint(passes, 16) || !isUint(lanes, 16)) return undefined
  if (lanes < 1 || passes < 1 || memoryKiB < 8 * lanes) return undefined
  return { type: 'sealed', salt, sealed, cost: { memoryKiB, passes, lanes } }
}

async function unwrap({ crypto }: Context, wrap: Wrap & { type: 'sealed' }, passphrase: string) {
  const wrapping = await crypto.argon2id(utf8(passphrase.normalize('NFKC')), wrap.salt, wrap.cost)
  const nonce = wrap.sealed.subarray(0, NONCE_BYTES)
  return crypto.xchacha20poly1305.open(wrapping, nonce, WRAP_AAD, wrap.sealed.subarray(NONCE_BYTES))
}

function saveWrap(store: StorePort, wrap: Uint8Array): void {
  store.run('INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value', [
    META_KEY,
    wrap,
  ])
}

function vaultOver(context: Context, key: Uint8Array, hasPassphraseNow: boolean): Vault {
  const recordKey = deriveKey(key, utf8('parley/records/1'))
  const tagKey = deriveKey(key, utf8('parley/tags/1'))
  const { xchacha20poly1305 } = context.crypto
  let hasPassphrase = hasPassphraseNow
  return {
    get hasPassphrase() {
      return hasPassphrase
    },
    seal(place, plaintext) {
      const nonce = context.random(NONCE_BYTES)
      return concat(nonce, xchacha20poly1305.seal(recordKey, nonce, utf8(place), plaintext))
    },
    open(place, sealed) {
      const nonce = sealed.subarray(0, NONCE_BYTES)
      const isWhole = nonce.length === NONCE_BYTES
      const plaintext = isWhole
        ? xchacha20poly1305.open(recordKey, nonce, utf8(place), sealed.subarray(NONCE_BYTES))
        : undefined
      if (plaintext === undefined) {
        throw new PortError('STORE_CORRUPT', `a sealed value of ${place.split('/')[0]} does not open`, false)
      }
      return plaintext
    },
    tag: (place, value) => deriveKey(tagKey, framed(utf8(place), value), TAG_BYTES),
    async prepareRewrap(passphrase) {
      const wrap = passphrase === undefined ? plainWrap(key) : await sealedWrap(context, key, passphrase)
      return {
        save: () => saveWrap(context.store, wrap),
        adopt: () => {
          hasPassphrase = passphrase !== undefined
        },
      }
    },
    async isPassphrase(passphrase) {
      const row = context.store.all('SELECT value FROM meta WHERE key = ?', [META_KEY])[0]
      const wrap = parseWrap(row?.['value'] instanceof Uint8Array ? row['value'] : new Uint8Array(0))
      return wrap?.type === 'sealed' && (await unwrap(context, wrap, passphrase)) !== undefined
    },
  }
}
