/** What a device publishes about itself: everything needed to reach it and to start a conversation with it. */
import { equalBytes, utf8 } from '../base/bytes.ts'
import { type CborValue, isBytes, isList, isText, isUint } from '../base/cbor.ts'
import type { CryptoPort } from '../base/crypto.ts'
import { sha256 } from '../base/hash.ts'
import {
  BUNDLE_BYTES_MAX,
  BUNDLE_LIFETIME_MS,
  CLAIMED_NAME_BYTES_MAX,
  CLOCK_SKEW_MAX_MS,
  KEY_PACKAGE_BYTES_MAX,
  KEY_PACKAGES_PER_BUNDLE_MAX,
} from '../base/limits.ts'
import { fail, ok, type Result } from '../base/result.ts'
import type { Millis } from '../base/time.ts'
import { isAddressList } from './addresses.ts'
import { type DeviceCertificate, verifyDeviceCertificate } from './device-certificate.ts'
import type { AccountId } from './did-key.ts'
import { sanitizeName } from './display-name.ts'
import { findDevice, type IdentityLog, readIdentityLog } from './identity-log.ts'
import { HASH_BYTES, isSignedBy, parseSignedRecord, type RecordRejection, signRecord } from './signed-record.ts'

const DOMAIN = 'parley/device-bundle/1'
const KEYS = [
  'v',
  'certificate',
  'log',
  'name',
  'inboxKey',
  'keyPackages',
  'addresses',
  'sequence',
  'previous',
  'notAfter',
] as const
/** X-Wing public key. */
export const INBOX_PUBLIC_KEY_BYTES = 1_216
export const INBOX_KEY_ID_BYTES = 16

/** Name of an inbox key: the first 16 bytes of the SHA-256 of its public key. */
export const inboxKeyId = (publicKey: Uint8Array): Uint8Array => sha256(publicKey).slice(0, INBOX_KEY_ID_BYTES)

export interface DeviceBundleFacts {
  readonly certificate: DeviceCertificate
  /** Holds `certificate` as that of an active device. */
  readonly log: IdentityLog
  /** What the account calls itself. Unverified. */
  readonly claimedName: string
  /** X-Wing, INBOX_PUBLIC_KEY_BYTES. */
  readonly inboxPublicKey: Uint8Array
  /** Encoded MLS KeyPackages, the last one reusable. Not looked into here: `verifyKeyPackage` of the MLS layer does. */
  readonly keyPackages: readonly Uint8Array[]
  /** Multiaddrs, best first. */
  readonly addresses: readonly string[]
  /** Rises with every new bundle of the device. */
  readonly sequence: number
  /** `hash` of the bundle before; absent in the first. */
  readonly previous?: Uint8Array
  /** At most BUNDLE_LIFETIME_MS from now. */
  readonly notAfter: Millis
}

export interface DeviceBundle extends DeviceBundleFacts {
  readonly account: AccountId
  readonly deviceKey: Uint8Array
  readonly inboxKeyId: Uint8Array
  /** SHA-256 of `bytes`. */
  readonly hash: Uint8Array
  /** The exact encoding. */
  readonly bytes: Uint8Array
}

export type BundleRejection =
  | RecordRejection
  | 'bad-certificate'
  | 'bad-log'
  | 'not-in-log'
  | 'bad-signature'
  | 'expired'
  | 'bad-lifetime'

/**
 * Signs a bundle with the device's key and checks the result like a receiver, so a bundle that others would refuse
 * is refused here, with the same reason. The seed is borrowed.
 */
export async function createDeviceBundle(
  crypto: CryptoPort,
  deviceSeed: Uint8Array,
  facts: DeviceBundleFacts,
  now: Millis,
): Promise<Result<DeviceBundle, BundleRejection>> {
  const bytes = await signRecord(crypto, deviceSeed, DOMAIN, {
    v: 1,
    certificate: facts.certificate.bytes,
    log: facts.log.events,
    name: facts.claimedName,
    inboxKey: facts.inboxPublicKey,
    keyPackages: facts.keyPackages,
    addresses: facts.addresses,
    sequence: facts.sequence,
    previous: facts.previous ?? null,
    notAfter: facts.notAfter,
  })
  return verifyDeviceBundle(crypto, bytes, now)
}

/**
 * Checks a bundle completely: certificate and identity log of one account, the device active in it with this very
 * certificate, the device's signature, the time. `claimedName` in the result is cleaned for display.
 * The result owns its bytes. Key packages are checked by the MLS layer. Spec: FST-1…FST-5.
 */
export async function verifyDeviceBundle(
  crypto: CryptoPort,
  bytes: Uint8Array,
  now: Millis,
): Promise<Result<DeviceBundle, BundleRejection>> {
  const record = parseSignedRecord(bytes, BUNDLE_BYTES_MAX, KEYS)
  if (!record.ok) return record
  const wire = parseFields(record.value.fields)
  if (wire === undefined) return fail('malformed')
  const certificate = await verifyDeviceCertificate(crypto, wire.certificate, now)
  if (!certificate.ok) return fail('bad-certificate')
  const { account, deviceKey } = certificate.value
  if (!(await isSignedBy(crypto, deviceKey, DOMAIN, record.value))) return fail('bad-signature')
  if (now >= wire.notAfter) return fail('expired')
  if (wire.notAfter > now + BUNDLE_LIFETIME_MS + CLOCK_SKEW_MAX_MS) return fail('bad-lifetime')
  const log = await readIdentityLog(crypto, account, wire.log)
  if (!log.ok) return fail('bad-log')
  const device = findDevice(log.value, deviceKey)
  if (device === undefined || device.revokedAt !== undefined) return fail('not-in-log')
  if (!equalBytes(device.certificate.bytes, certificate.value.bytes)) return fail('not-in-log')
  return ok({
    account,
    deviceKey,
    certificate: certificate.value,
    log: log.value,
    claimedName: sanitizeName(wire.name),
    inboxKeyId: inboxKeyId(wire.inboxKey),
    inboxPublicKey: wire.inboxKey,
    keyPackages: wire.keyPackages,
    addresses: wire.addresses,
    sequence: wire.sequence,
    ...(wire.previous === null ? {} : { previous: wire.previous }),
    notAfter: wire.notAfter,
    hash: sha256(bytes),
    bytes: bytes.slice(),
  })
}

interface WireBundle {
  readonly certificate: Uint8Array
  readonly log: readonly Uint8Array[]
  readonly name: string
  readonly inboxKey: Uint8Array
  readonly keyPackages: readonly Uint8Array[]
  readonly addresses: readonly string[]
  readonly sequence: number
  readonly previous: Uint8Array | null
  readonly notAfter: Millis
}

function parseFields(fields: { readonly [key: string]: CborValue }): WireBundle | undefined {
  const { certificate, log, name, inboxKey, keyPackages, addresses, sequence, previous, notAfter } = fields
  if (!isBytes(certificate) || !isByteList(log)) return undefined
  if (!isText(name) || utf8(name).length > CLAIMED_NAME_BYTES_MAX) return undefined
  if (!isBytes(inboxKey, INBOX_PUBLIC_KEY_BYTES) || !isAddressList(addresses)) return undefined
  if (!isByteList(keyPackages) || keyPackages.length > KEY_PACKAGES_PER_BUNDLE_MAX) return undefined
  if (keyPackages.some((keyPackage) => keyPackage.length > KEY_PACKAGE_BYTES_MAX)) return undefined
  if (!isUint(sequence) || !isUint(notAfter)) return undefined
  if (previous !== null && !isBytes(previous, HASH_BYTES)) return undefined
  return { certificate, log, name, inboxKey, keyPackages, addresses, sequence, previous, notAfter }
}

const isByteList = (value: CborValue | undefined): value is readonly Uint8Array[] =>
  isList(value) && value.every((item) => isBytes(item))

/** How a verified bundle relates to the one held of the same device. Only `newer` replaces it. Spec: FST-5. */
export type BundleOrder = 'newer' | 'same' | 'older' | 'other-device' | 'equivocated'

/**
 * `equivocated`: the device signed two bundles for one place in its history, which only a stolen key or a restored
 * old copy does; keep the held one and tell the person.
 */
export function compareBundles(held: DeviceBundle | undefined, received: DeviceBundle): BundleOrder {
  if (held === undefined) return 'newer'
  if (held.account !== received.account || !equalBytes(held.deviceKey, received.deviceKey)) return 'other-device'
  if (equalBytes(held.hash, received.hash)) return 'same'
  if (received.sequence < held.sequence) return 'older'
  if (received.sequence === held.sequence) return 'equivocated'
  const isNext = received.sequence === held.sequence + 1
  if (!isNext) return 'newer'
  return received.previous !== undefined && equalBytes(received.previous, held.hash) ? 'newer' : 'equivocated'
}

/** The newest of the two by {@link compareBundles}. */
export const newestBundle = (held: DeviceBundle | undefined, received: DeviceBundle): DeviceBundle =>
  held === undefined || compareBundles(held, received) === 'newer' ? received : held
