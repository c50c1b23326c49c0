/**
 * Signed CBOR records: one map whose `signature` covers the rest of the map behind a domain name.
 *
 * The signed bytes are `uint16(length of domain) ‖ domain ‖ deterministic CBOR of the map without "signature"`. They
 * begin with a zero byte, which no libp2p record, Noise payload or MLS label does, so no signature made by the same
 * key for one of those can pass for one of ours or the other way round. Spec: ENC-5.
 */
import { concat, framed, utf8 } from '../base/bytes.ts'
import { type CborValue, decodeCbor, encodeCbor, isBytes, isRecord, isUint } from '../base/cbor.ts'
import type { CryptoPort } from '../base/crypto.ts'
import { fail, ok, type Result } from '../base/result.ts'

export const SIGNATURE_BYTES = 64
export const KEY_BYTES = 32
export const HASH_BYTES = 32

export type Fields = { readonly [key: string]: CborValue }

/** What a signature over `fields` (without `signature`) in `domain` covers. */
export const signedBytes = (domain: string, fields: Fields): Uint8Array =>
  concat(framed(utf8(domain)), encodeCbor(fields))

/** Encodes `fields` with their signature. The seed is borrowed. */
export async function signRecord(
  crypto: Pick<CryptoPort, 'ed25519Sign'>,
  seed: Uint8Array,
  domain: string,
  fields: Fields,
): Promise<Uint8Array> {
  const signature = await crypto.ed25519Sign(seed, signedBytes(domain, fields))
  return encodeCbor({ ...fields, signature })
}

export interface SignedRecord {
  readonly fields: Fields
  readonly signature: Uint8Array
}

export type RecordRejection = 'malformed' | 'too-large' | 'unsupported-version'

/** Splits a signed record, version 1, with exactly the given keys. Checks no signature. */
export function parseSignedRecord(
  bytes: Uint8Array,
  bytesMax: number,
  keys: readonly string[],
): Result<SignedRecord, RecordRejection> {
  if (bytes.length > bytesMax) return fail('too-large')
  const value = decodeCbor(bytes)
  if (!isRecord(value)) return fail('malformed')
  const versioned = checkVersion(value)
  if (!versioned.ok) return versioned
  const { signature, ...fields } = value
  if (!isBytes(signature, SIGNATURE_BYTES) || !hasExactKeys(fields, keys)) return fail('malformed')
  return ok({ fields, signature })
}

/** True when `signature` of the record was made by `publicKey` in `domain`. */
export const isSignedBy = (
  crypto: Pick<CryptoPort, 'ed25519Verify'>,
  publicKey: Uint8Array,
  domain: string,
  record: SignedRecord,
): boolean | Promise<boolean> => crypto.ed25519Verify(publicKey, signedBytes(domain, record.fields), record.signature)

/** Version 1 passes; another number is a version that this program does not speak; anything else is malformed. */
export function checkVersion(record: Fields): Result<1, 'malformed' | 'unsupported-version'> {
  const version = record['v']
  if (!isUint(version)) return fail('malformed')
  return version === 1 ? ok(1) : fail('unsupported-version')
}

/** Unknown keys are refused, so that every accepted record has one meaning and one spelling. */
export function hasExactKeys(record: Fields, keys: readonly string[]): boolean {
  return Object.keys(record).length === keys.length && keys.every((key) => Object.hasOwn(record, key))
}
