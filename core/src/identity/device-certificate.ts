/** An account's word that a device key is its own. The bytes are the MLS credential of the device's leaves. */
import { type CborValue, isBytes, isList, isText, isUint } from '../base/cbor.ts'
import type { CryptoPort } from '../base/crypto.ts'
import { equalBytes } from '../base/bytes.ts'
import {
  CAPABILITIES_MAX,
  CAPABILITY_LENGTH_MAX,
  CLOCK_SKEW_MAX_MS,
  CREDENTIAL_BYTES_MAX,
  DEVICE_CERTIFICATE_LIFETIME_MS,
} from '../base/limits.ts'
import { fail, ok, type Result } from '../base/result.ts'
import type { Millis } from '../base/time.ts'
import { accountOfKey, type AccountId, parseAccount } from './did-key.ts'
import { isUsableEd25519Key } from './ed25519-key.ts'
import {
  HASH_BYTES,
  isSignedBy,
  KEY_BYTES,
  parseSignedRecord,
  type RecordRejection,
  type SignedRecord,
  signRecord,
} from './signed-record.ts'

const DOMAIN = 'parley/device-certificate/1'
const KEYS = ['v', 'account', 'device', 'capabilities', 'notBefore', 'notAfter', 'logHead'] as const

/** What a device may do for its account. Unknown names are kept and give nothing. */
export type Capability = 'message' | 'admin' | (string & {})

export interface DeviceCertificateFacts {
  /** Ed25519, 32 bytes; also the MLS signature key and the libp2p identity of the device. */
  readonly deviceKey: Uint8Array
  /** Sorted, no duplicates. */
  readonly capabilities: readonly Capability[]
  readonly notBefore: Millis
  /** At most DEVICE_CERTIFICATE_LIFETIME_MS after `notBefore`. */
  readonly notAfter: Millis
  /** Hash of the identity log event after which the certificate was issued, 32 bytes. */
  readonly logHead: Uint8Array
}

export interface DeviceCertificate extends DeviceCertificateFacts {
  readonly account: AccountId
  /** The exact encoding; what is sent, hashed and put into MLS. */
  readonly bytes: Uint8Array
}

export type CertificateRejection =
  | RecordRejection
  | 'bad-key'
  | 'bad-lifetime'
  | 'bad-signature'
  | 'not-yet-valid'
  | 'expired'

/**
 * Signs a certificate. `rootSeed` is borrowed. Choose `notBefore` somewhat in the past: peers whose clock is more than
 * CLOCK_SKEW_MAX_MS behind refuse a certificate from their future.
 */
export async function issueDeviceCertificate(
  crypto: CryptoPort,
  rootSeed: Uint8Array,
  facts: DeviceCertificateFacts,
): Promise<DeviceCertificate> {
  const rootKey = await crypto.ed25519PublicKey(rootSeed)
  const bytes = await signRecord(crypto, rootSeed, DOMAIN, {
    v: 1,
    account: rootKey,
    device: facts.deviceKey,
    capabilities: facts.capabilities,
    notBefore: facts.notBefore,
    notAfter: facts.notAfter,
    logHead: facts.logHead,
  })
  return { ...facts, account: accountOfKey(rootKey), bytes }
}

/** Certificate and proof that are not checked yet: use {@link verifyDeviceCertificate}. */
interface Parsed {
  readonly certificate: DeviceCertificate
  readonly record: SignedRecord
}

function parse(bytes: Uint8Array): Result<Parsed, CertificateRejection> {
  const record = parseSignedRecord(bytes, CREDENTIAL_BYTES_MAX, KEYS)
  if (!record.ok) return record
  const { account, device, capabilities, notBefore, notAfter, logHead } = record.value.fields
  if (!isBytes(account, KEY_BYTES) || !isBytes(device, KEY_BYTES) || !isBytes(logHead, HASH_BYTES))
    return fail('malformed')
  if (!isUint(notBefore) || !isUint(notAfter) || !isCapabilities(capabilities)) return fail('malformed')
  if (!isUsableEd25519Key(account) || !isUsableEd25519Key(device) || equalBytes(account, device)) return fail('bad-key')
  if (notAfter <= notBefore || notAfter - notBefore > DEVICE_CERTIFICATE_LIFETIME_MS) return fail('bad-lifetime')
  const certificate = {
    account: accountOfKey(account),
    deviceKey: device,
    capabilities,
    notBefore,
    notAfter,
    logHead,
    bytes: bytes.slice(),
  }
  return ok({ certificate, record: record.value })
}

function isCapabilities(value: CborValue | undefined): value is readonly string[] {
  if (!isList(value, CAPABILITIES_MAX)) return false
  return value.every((name, index) => {
    if (!isText(name, CAPABILITY_LENGTH_MAX) || name.length === 0) return false
    const before = value[index - 1]
    return before === undefined || (isText(before) && before < name)
  })
}

/**
 * Reads a certificate whose signature was checked before, e.g. one stored on this device or one out of an MLS leaf.
 * Proves nothing by itself.
 */
export function parseDeviceCertificate(bytes: Uint8Array): Result<DeviceCertificate, CertificateRejection> {
  const parsed = parse(bytes)
  return parsed.ok ? ok(parsed.value.certificate) : parsed
}

/**
 * Checks form, keys, lifetime and the account's signature, but not the time: for certificates in a history.
 * The result owns fresh bytes. Spec: IDN-6, IDN-7.
 */
export async function authenticateDeviceCertificate(
  crypto: CryptoPort,
  bytes: Uint8Array,
): Promise<Result<DeviceCertificate, CertificateRejection>> {
  const parsed = parse(bytes)
  if (!parsed.ok) return parsed
  const { certificate, record } = parsed.value
  const rootKey = parseAccount(certificate.account)
  if (rootKey === undefined) return fail('bad-key')
  return (await isSignedBy(crypto, rootKey, DOMAIN, record)) ? ok(certificate) : fail('bad-signature')
}

/** {@link authenticateDeviceCertificate} and: valid at `now`, allowing for CLOCK_SKEW_MAX_MS at its start. Spec: IDN-8. */
export async function verifyDeviceCertificate(
  crypto: CryptoPort,
  bytes: Uint8Array,
  now: Millis,
): Promise<Result<DeviceCertificate, CertificateRejection>> {
  const certificate = await authenticateDeviceCertificate(crypto, bytes)
  if (!certificate.ok) return certificate
  if (now + CLOCK_SKEW_MAX_MS < certificate.value.notBefore) return fail('not-yet-valid')
  return now < certificate.value.notAfter ? certificate : fail('expired')
}
