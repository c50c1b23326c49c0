/** Encoding of identity log events; each is a signed record of the account's root key. */
import { decodeCbor, isBytes, isRecord, isUint } from '../base/cbor.ts'
import type { CryptoPort } from '../base/crypto.ts'
import { sha256 } from '../base/hash.ts'
import { CREDENTIAL_BYTES_MAX } from '../base/limits.ts'
import { fail, ok, type Result } from '../base/result.ts'
import type { Millis } from '../base/time.ts'
import {
  HASH_BYTES,
  isSignedBy,
  KEY_BYTES,
  parseSignedRecord,
  type RecordRejection,
  SIGNATURE_BYTES,
  signedBytes,
  type SignedRecord,
  signRecord,
} from './signed-record.ts'

const DOMAIN = 'parley/identity-log/1'
/** A certificate and what an addition puts around it. */
const EVENT_BYTES_MAX = CREDENTIAL_BYTES_MAX + 512

const KEYS = {
  inception: ['v', 'type', 'account', 'sequence', 'next'],
  'add-device': ['v', 'type', 'account', 'sequence', 'previous', 'certificate', 'consent'],
  'revoke-device': ['v', 'type', 'account', 'sequence', 'previous', 'device', 'at'],
} as const

interface EventFrame {
  /** Root key, 32 bytes. */
  readonly account: Uint8Array
  readonly sequence: number
  /** Hash of the event before; zeros in an inception. */
  readonly previous: Uint8Array
  /** SHA-256 of the signed bytes: two signatures of one event have one hash. */
  readonly hash: Uint8Array
  /** Exact encoding, a copy. */
  readonly bytes: Uint8Array
  readonly record: SignedRecord
}

export type LogEvent =
  | (EventFrame & { readonly type: 'inception'; readonly nextRootHash: Uint8Array })
  | (EventFrame & { readonly type: 'add-device'; readonly certificate: Uint8Array; readonly consent: Uint8Array })
  | (EventFrame & { readonly type: 'revoke-device'; readonly deviceKey: Uint8Array; readonly at: Millis })

interface Position {
  readonly sequence: number
  readonly previous: Uint8Array
}

export const createInception = async (
  crypto: CryptoPort,
  rootSeed: Uint8Array,
  nextRootHash: Uint8Array,
): Promise<Uint8Array> =>
  signRecord(crypto, rootSeed, DOMAIN, {
    v: 1,
    type: 'inception',
    account: await crypto.ed25519PublicKey(rootSeed),
    sequence: 0,
    next: nextRootHash,
  })

export const createAddition = async (
  crypto: CryptoPort,
  rootSeed: Uint8Array,
  position: Position,
  addition: { readonly certificate: Uint8Array; readonly consent: Uint8Array },
): Promise<Uint8Array> =>
  signRecord(crypto, rootSeed, DOMAIN, {
    v: 1,
    type: 'add-device',
    account: await crypto.ed25519PublicKey(rootSeed),
    sequence: position.sequence,
    previous: position.previous,
    certificate: addition.certificate,
    consent: addition.consent,
  })

export const createRevocation = async (
  crypto: CryptoPort,
  rootSeed: Uint8Array,
  position: Position,
  revocation: { readonly deviceKey: Uint8Array; readonly at: Millis },
): Promise<Uint8Array> =>
  signRecord(crypto, rootSeed, DOMAIN, {
    v: 1,
    type: 'revoke-device',
    account: await crypto.ed25519PublicKey(rootSeed),
    sequence: position.sequence,
    previous: position.previous,
    device: revocation.deviceKey,
    at: revocation.at,
  })

export const isEventSigned = (crypto: CryptoPort, rootKey: Uint8Array, event: LogEvent): boolean | Promise<boolean> =>
  isSignedBy(crypto, rootKey, DOMAIN, event.record)

/** Form only; signature and place in the history are the reducer's. Spec: IDN-9. */
export function parseLogEvent(bytes: Uint8Array): Result<LogEvent, RecordRejection> {
  if (bytes.length > EVENT_BYTES_MAX) return fail('too-large')
  const type = typeOf(bytes)
  if (type === undefined) return fail('malformed')
  const record = parseSignedRecord(bytes, EVENT_BYTES_MAX, KEYS[type])
  if (!record.ok) return record
  const { account, sequence, previous, ...rest } = record.value.fields
  if (!isBytes(account, KEY_BYTES) || !isUint(sequence)) return fail('malformed')
  const frame = {
    account,
    sequence,
    hash: sha256(signedBytes(DOMAIN, record.value.fields)),
    bytes: bytes.slice(),
    record: record.value,
  }
  if (type === 'inception') {
    if (sequence !== 0 || !isBytes(rest['next'], HASH_BYTES)) return fail('malformed')
    return ok({ ...frame, type, previous: new Uint8Array(HASH_BYTES), nextRootHash: rest['next'] })
  }
  if (sequence === 0 || !isBytes(previous, HASH_BYTES)) return fail('malformed')
  if (type === 'add-device') {
    const { certificate, consent } = rest
    if (!isBytes(certificate) || !isBytes(consent, SIGNATURE_BYTES)) return fail('malformed')
    return ok({ ...frame, type, previous, certificate, consent })
  }
  const { device, at } = rest
  if (!isBytes(device, KEY_BYTES) || !isUint(at)) return fail('malformed')
  return ok({ ...frame, type, previous, deviceKey: device, at })
}

/** An unknown type in a known version is malformed: a history with holes proves nothing. */
function typeOf(bytes: Uint8Array): keyof typeof KEYS | undefined {
  const value = decodeCbor(bytes)
  const type = isRecord(value) ? value['type'] : undefined
  return type === 'inception' || type === 'add-device' || type === 'revoke-device' ? type : undefined
}
