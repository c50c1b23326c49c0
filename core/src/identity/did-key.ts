/** `did:key` of an Ed25519 root key: the name of an account, here and for every standard tool. */
import { base58 } from '@scure/base'
import { concat, equalBytes } from '../base/bytes.ts'
import { isUsableEd25519Key } from './ed25519-key.ts'
import { KEY_BYTES } from './signed-record.ts'

/** `did:key:z6Mk…`: an account's name, made of its first root key. */
export type AccountId = string

const PREFIX = 'did:key:z'
/** Multicodec `ed25519-pub`, 0xed, as a varint. */
const CODEC = Uint8Array.of(0xed, 0x01)
/** `did:key:` and 48 base58 digits behind their multibase letter; every Ed25519 key has exactly that many. */
const LENGTH = PREFIX.length + 47

/** The account that a root key (32 bytes) names. The bytes are borrowed. Spec: IDN-1. */
export const accountOfKey = (rootKey: Uint8Array): AccountId => PREFIX + base58.encode(concat(CODEC, rootKey))

/**
 * The root key (32 bytes) in an account's name. `undefined` for another method, key type, base or spelling, and for
 * keys that cannot prove anything. Spec: IDN-1, IDN-2.
 */
export function parseAccount(account: string): Uint8Array | undefined {
  if (account.length !== LENGTH || !account.startsWith(PREFIX)) return undefined
  const bytes = decodeBase58(account.slice(PREFIX.length))
  if (bytes?.length !== CODEC.length + KEY_BYTES || !equalBytes(bytes.subarray(0, CODEC.length), CODEC))
    return undefined
  const key = bytes.slice(CODEC.length)
  return isUsableEd25519Key(key) ? key : undefined
}

/** One spelling for each byte string. @returns `undefined` when a letter is not of the Bitcoin alphabet. */
export function decodeBase58(text: string): Uint8Array | undefined {
  try {
    return base58.decode(text)
  } catch {
    return undefined
  }
}
