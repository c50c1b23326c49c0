/** Pointer records: signed ones under keys of their own, worked ones in the buckets of inboxes. Spec: PTR-1…PTR-4. */
import { assert } from '../base/assert.ts'
import { concat, framed, utf8 } from '../base/bytes.ts'
import { decodeCbor, encodeCbor, isBytes, isList, isUint, type CborValue } from '../base/cbor.ts'
import type { CryptoPort } from '../base/crypto.ts'
import {
  CLOCK_SKEW_MAX_MS,
  POINTER_BUCKETS_BYTES,
  POINTER_BYTES_MAX,
  WAITING_LIFETIME_MS,
  WORKED_BYTES_MAX,
} from '../base/limits.ts'
import { fail, ok, type Result } from '../base/result.ts'
import type { Millis } from '../base/time.ts'
import { isUsableEd25519Key } from '../identity/ed25519-key.ts'
import { HASH_BYTES, KEY_BYTES, SIGNATURE_BYTES } from '../identity/signed-record.ts'
import { uint64 } from './fields.ts'
import { pointerKey, type PointerSecret } from './pointer-keys.ts'
import { padPayload, type PointerPayload, unpadPayload } from './pointer-payload.ts'
import { WORK_NONCE_BYTES, workBits, workHashable } from './work.ts'

const SIGNED = 1
const WORKED = 2
const NONCE_BYTES = 24
const AEAD_TAG_BYTES = 16
/** Of a byte string between 256 and 65,535 bytes, which every payload in a bucket is. */
const BYTES_HEAD_BYTES = 3

export type PointerRecord = SignedPointer | WorkedPointer

interface RecordFacts {
  /** 32 bytes; where the record is found. */
  readonly key: Uint8Array
  readonly expiresAt: Millis
  readonly payload: Uint8Array
  /** The exact encoding; borrowed from the reader's argument. */
  readonly bytes: Uint8Array
}

/** Its signature holds. */
export interface SignedPointer extends RecordFacts {
  readonly type: 'signed'
  readonly publicKey: Uint8Array
  /** The greatest counts. PTR-5 */
  readonly sequence: number
}

export interface WorkedPointer extends RecordFacts {
  readonly type: 'worked'
  readonly sequence: 0
  /** Leading zero bits: as many as the holder or reader wants, or the record is not for it. */
  readonly workBits: number
}

export type PointerRejection = 'wrong-size' | 'malformed' | 'expired' | 'bad-lifetime' | 'bad-signature'

type SealCrypto = Pick<CryptoPort, 'ed25519PublicKey' | 'ed25519Sign' | 'xchacha20poly1305'>

/**
 * A signed record that says `payload`. `nonce`: 24 fresh random bytes. The secret is borrowed. PTR-1, PTR-4
 * @throws AssertionError when the payload is beyond its limits.
 */
export async function sealPointer(
  crypto: SealCrypto,
  secret: PointerSecret,
  facts: { readonly sequence: number; readonly expiresAt: Millis; readonly nonce: Uint8Array },
  payload: PointerPayload,
): Promise<Uint8Array> {
  const { sequence, expiresAt, nonce } = facts
  const publicKey = await crypto.ed25519PublicKey(secret.seed)
  const head = [SIGNED, publicKey, sequence, expiresAt] as const
  const signatureBytes = 2 + SIGNATURE_BYTES
  const around = encodeCbor(head).length + BYTES_HEAD_BYTES + signatureBytes
  const padded = padPayload(payload, around + NONCE_BYTES + AEAD_TAG_BYTES, POINTER_BYTES_MAX)
  assert(padded !== undefined, 'the largest bucket holds every payload within its limits')
  const aad = payloadAad(publicKey, sequence, expiresAt)
  const sealed = concat(nonce, crypto.xchacha20poly1305.seal(secret.payloadKey, nonce, aad, padded))
  const signature = await crypto.ed25519Sign(secret.seed, signedPart([...head, sealed]))
  return encodeCbor([...head, sealed, signature])
}

const signedPart = (fields: readonly CborValue[]): Uint8Array => framed(utf8('parley/pointer/1'), encodeCbor(fields))
const payloadAad = (publicKey: Uint8Array, sequence: number, expiresAt: Millis): Uint8Array =>
  concat(publicKey, uint64(sequence), uint64(expiresAt))

/** What a signed record says; `undefined` when it was not sealed under this key, or says nothing that we understand. */
export function openPointer(
  { xchacha20poly1305 }: Pick<CryptoPort, 'xchacha20poly1305'>,
  payloadKey: Uint8Array,
  record: SignedPointer,
): PointerPayload | undefined {
  const nonce = record.payload.subarray(0, NONCE_BYTES)
  if (nonce.length !== NONCE_BYTES) return undefined
  const aad = payloadAad(record.publicKey, record.sequence, record.expiresAt)
  const padded = xchacha20poly1305.open(payloadKey, nonce, aad, record.payload.subarray(NONCE_BYTES))
  return padded === undefined ? undefined : unpadPayload(padded)
}

/**
 * What the work of a worked record is done on: search a nonce for it with `searchWork`, then {@link sealWorked}.
 * `undefined` when the payload is too large for a record of at most WORKED_BYTES_MAX. PTR-2, PTR-7
 */
export function workOf(key: Uint8Array, expiresAt: Millis, payload: PointerPayload): Uint8Array | undefined {
  const padded = padWorked(key, expiresAt, payload)
  return padded && workHashable(encodeCbor([WORKED, key, expiresAt, padded]))
}

/** The record with the nonce that was found for its {@link workOf}; `undefined` like that. */
export function sealWorked(
  key: Uint8Array,
  expiresAt: Millis,
  payload: PointerPayload,
  nonce: Uint8Array,
): Uint8Array | undefined {
  const padded = padWorked(key, expiresAt, payload)
  return padded && encodeCbor([WORKED, key, expiresAt, padded, nonce])
}

function padWorked(key: Uint8Array, expiresAt: Millis, payload: PointerPayload): Uint8Array | undefined {
  const around = encodeCbor([WORKED, key, expiresAt]).length + BYTES_HEAD_BYTES + 1 + WORK_NONCE_BYTES
  return padPayload(payload, around, WORKED_BYTES_MAX)
}

export const openWorked = (record: WorkedPointer): PointerPayload | undefined => unpadPayload(record.payload)

/**
 * Checks a record as holders and readers do: size, form, lifetime, signature. A worked one is accepted with whatever
 * work it has; how much is enough is the caller's to say. Never throws for bytes. PTR-1, PTR-2, HLD-6
 */
export async function readPointer(
  crypto: Pick<CryptoPort, 'ed25519Verify'>,
  bytes: Uint8Array,
  now: Millis,
): Promise<Result<PointerRecord, PointerRejection>> {
  if (!(POINTER_BUCKETS_BYTES as readonly number[]).includes(bytes.length)) return fail('wrong-size')
  const fields = decodeCbor(bytes)
  if (!isList(fields)) return fail('malformed')
  const signed = fields[0] === SIGNED ? signedOf(fields, bytes) : undefined
  const record = signed?.record ?? (fields[0] === WORKED ? workedOf(fields, bytes) : undefined)
  if (record === undefined) return fail('malformed')
  if (record.type === 'worked' && bytes.length > WORKED_BYTES_MAX) return fail('wrong-size')
  if (record.expiresAt <= now) return fail('expired')
  if (record.expiresAt > now + WAITING_LIFETIME_MS + CLOCK_SKEW_MAX_MS) return fail('bad-lifetime')
  if (signed === undefined) return ok(record)
  const { publicKey } = signed.record
  const isSigned =
    isUsableEd25519Key(publicKey) &&
    (await crypto.ed25519Verify(publicKey, signedPart(fields.slice(0, -1)), signed.signature))
  return isSigned ? ok(record) : fail('bad-signature')
}

function signedOf(
  fields: readonly CborValue[],
  bytes: Uint8Array,
): { readonly record: SignedPointer; readonly signature: Uint8Array } | undefined {
  const [, publicKey, sequence, expiresAt, payload, signature] = fields
  if (fields.length !== 6 || !isBytes(publicKey, KEY_BYTES) || !isUint(sequence) || !isUint(expiresAt)) return undefined
  if (!isBytes(payload) || !isBytes(signature, SIGNATURE_BYTES)) return undefined
  const record = { type: 'signed', key: pointerKey(publicKey), publicKey, sequence, expiresAt, payload, bytes } as const
  return { record, signature }
}

function workedOf(fields: readonly CborValue[], bytes: Uint8Array): WorkedPointer | undefined {
  const [, key, expiresAt, payload, nonce] = fields
  if (fields.length !== 5 || !isBytes(key, HASH_BYTES) || !isUint(expiresAt)) return undefined
  if (!isBytes(payload) || !isBytes(nonce, WORK_NONCE_BYTES)) return undefined
  const bits = workBits(workHashable(encodeCbor(fields.slice(0, -1))), nonce)
  return { type: 'worked', key, sequence: 0, expiresAt, payload, workBits: bits, bytes }
}
