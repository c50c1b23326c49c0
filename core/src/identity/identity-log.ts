/**
 * The account's signed history of its devices. Append only, every event names the hash of the one before, so two
 * histories of one account cannot hide from whoever sees both. Pure: a log in, a log out.
 */
import { concat, equalBytes, framed, utf8 } from '../base/bytes.ts'
import type { CryptoPort } from '../base/crypto.ts'
import { DEVICES_PER_ACCOUNT_MAX, IDENTITY_LOG_EVENTS_MAX } from '../base/limits.ts'
import { fail, ok, type Result } from '../base/result.ts'
import type { Millis } from '../base/time.ts'
import { authenticateDeviceCertificate, type DeviceCertificate } from './device-certificate.ts'
import { type AccountId, parseAccount } from './did-key.ts'
import {
  createAddition,
  createInception,
  createRevocation,
  isEventSigned,
  type LogEvent,
  parseLogEvent,
} from './identity-log-codec.ts'

export interface LogDevice {
  readonly deviceKey: Uint8Array
  /** The newest certificate of the device. */
  readonly certificate: DeviceCertificate
  /** `notBefore` of its first certificate. */
  readonly addedAt: Millis
  /** When it was revoked, by the account's own clock; absent while it is trusted. */
  readonly revokedAt?: Millis
}

export interface IdentityLog {
  readonly account: AccountId
  /**
   * `forked`: the root key signed two different histories, so it is stolen or its owner broke. What is known stays
   * readable, nothing new is trusted. Never turns back.
   */
  readonly status: 'consistent' | 'forked'
  /** Accepted events in their order; what is published, and the other side's input to {@link readIdentityLog}. */
  readonly events: readonly Uint8Array[]
  /** Hash of each event. */
  readonly hashes: readonly Uint8Array[]
  /** Every device ever added, in order of addition. */
  readonly devices: readonly LogDevice[]
}

export type LogRejection =
  | 'malformed'
  | 'too-large'
  | 'unsupported-version'
  | 'empty'
  | 'too-long'
  | 'wrong-account'
  | 'bad-signature'
  | 'gap'
  | 'forked'
  | 'bad-certificate'
  | 'bad-consent'
  | 'too-many-devices'
  | 'revoked-device'
  | 'unknown-device'

const CONSENT_DOMAIN = utf8('parley/device-consent/1')

export const logHead = (log: IdentityLog): Uint8Array => log.hashes[log.hashes.length - 1] ?? new Uint8Array(32)
/** Hash of the first event; part of the safety number. */
export const logInception = (log: IdentityLog): Uint8Array => log.hashes[0] ?? new Uint8Array(32)
export const findDevice = (log: IdentityLog, deviceKey: Uint8Array): LogDevice | undefined =>
  log.devices.find((device) => equalBytes(device.deviceKey, deviceKey))
/** Devices that were added and not revoked. Whether their certificate is still valid depends on the time. */
export const activeDevices = (log: IdentityLog): readonly LogDevice[] =>
  log.devices.filter((device) => device.revokedAt === undefined)

/** The device's agreement to belong to the account of `certificate`; without it nobody can claim another's device. */
export const consentToDevice = async (
  crypto: CryptoPort,
  deviceSeed: Uint8Array,
  certificate: Uint8Array,
): Promise<Uint8Array> => crypto.ed25519Sign(deviceSeed, consentBytes(certificate))

const consentBytes = (certificate: Uint8Array): Uint8Array => concat(framed(CONSENT_DOMAIN), certificate)

/** The first event. The same secrets always make the same one, so a restored account keeps its safety numbers. */
export async function startIdentityLog(
  crypto: CryptoPort,
  secrets: { readonly rootSeed: Uint8Array; readonly nextRootHash: Uint8Array; readonly account: AccountId },
): Promise<Result<IdentityLog, LogRejection>> {
  const event = await createInception(crypto, secrets.rootSeed, secrets.nextRootHash)
  return readIdentityLog(crypto, secrets.account, [event])
}

/** Adds a device, or renews the certificate of one. The certificate must name {@link logHead} as its `logHead`. */
export async function addDevice(
  crypto: CryptoPort,
  rootSeed: Uint8Array,
  log: IdentityLog,
  addition: { readonly certificate: Uint8Array; readonly consent: Uint8Array },
): Promise<Result<IdentityLog, LogRejection>> {
  return applyLogEvent(crypto, log, await createAddition(crypto, rootSeed, position(log), addition))
}

/** Ends the trust in a device for ever: its key never comes back. `at` is our own time, for display. */
export async function revokeDevice(
  crypto: CryptoPort,
  rootSeed: Uint8Array,
  log: IdentityLog,
  revocation: { readonly deviceKey: Uint8Array; readonly at: Millis },
): Promise<Result<IdentityLog, LogRejection>> {
  return applyLogEvent(crypto, log, await createRevocation(crypto, rootSeed, position(log), revocation))
}

const position = (log: IdentityLog) => ({ sequence: log.events.length, previous: logHead(log) })

/** Reads a whole history of `account`. The events are copied. Refused as a whole when any event is. Spec: IDN-9…IDN-14. */
export async function readIdentityLog(
  crypto: CryptoPort,
  account: AccountId,
  events: readonly Uint8Array[],
): Promise<Result<IdentityLog, LogRejection>> {
  if (events.length === 0) return fail('empty')
  if (events.length > IDENTITY_LOG_EVENTS_MAX) return fail('too-long')
  let log: IdentityLog = { account, status: 'consistent', events: [], hashes: [], devices: [] }
  for (const bytes of events) {
    const next = await applyLogEvent(crypto, log, bytes)
    if (!next.ok) return next
    log = next.value
    if (log.status === 'forked') return fail('forked')
  }
  return ok(log)
}

/**
 * Adds what `events` know beyond `known`. Equal and older histories change nothing; a contradiction makes the log
 * `forked`, whatever order it is learnt in. Events after a refused one are not looked at.
 */
export async function mergeIdentityLog(
  crypto: CryptoPort,
  known: IdentityLog,
  events: readonly Uint8Array[],
): Promise<Result<IdentityLog, LogRejection>> {
  if (events.length > IDENTITY_LOG_EVENTS_MAX) return fail('too-long')
  let log = known
  for (const bytes of events) {
    if (log.status === 'forked') return ok(log)
    const next = await applyLogEvent(crypto, log, bytes)
    if (!next.ok) return next
    log = next.value
  }
  return ok(log)
}

/** One event. Idempotent: an event that the log holds already changes nothing. */
export async function applyLogEvent(
  crypto: CryptoPort,
  log: IdentityLog,
  bytes: Uint8Array,
): Promise<Result<IdentityLog, LogRejection>> {
  const parsed = parseLogEvent(bytes)
  if (!parsed.ok) return parsed
  const event = parsed.value
  const rootKey = parseAccount(log.account)
  if (rootKey === undefined || !equalBytes(event.account, rootKey)) return fail('wrong-account')
  const held = log.hashes[event.sequence]
  if (held !== undefined && equalBytes(held, event.hash)) return ok(log)
  if (log.status === 'forked') return fail('forked')
  if (!(await isEventSigned(crypto, rootKey, event))) return fail('bad-signature')
  if (held !== undefined) return ok({ ...log, status: 'forked' })
  if (event.sequence > log.events.length) return fail('gap')
  if (event.sequence > 0 && !equalBytes(event.previous, logHead(log))) return ok({ ...log, status: 'forked' })
  if (log.events.length >= IDENTITY_LOG_EVENTS_MAX) return fail('too-long')
  const devices = await nextDevices(crypto, log, event)
  if (!devices.ok) return devices
  return ok({
    ...log,
    events: [...log.events, event.bytes],
    hashes: [...log.hashes, event.hash],
    devices: devices.value,
  })
}

async function nextDevices(
  crypto: CryptoPort,
  log: IdentityLog,
  event: LogEvent,
): Promise<Result<readonly LogDevice[], LogRejection>> {
  switch (event.type) {
    case 'inception':
      return ok([])
    case 'add-device':
      return withAddition(crypto, log, event)
    case 'revoke-device':
      return withRevocation(log, event)
  }
}

async function withAddition(
  crypto: CryptoPort,
  log: IdentityLog,
  event: Extract<LogEvent, { type: 'add-device' }>,
): Promise<Result<readonly LogDevice[], LogRejection>> {
  const read = await authenticateDeviceCertificate(crypto, event.certificate)
  if (!read.ok) return fail('bad-certificate')
  const certificate = read.value
  if (certificate.account !== log.account || !equalBytes(certificate.logHead, event.previous)) {
    return fail('bad-certificate')
  }
  const consents = await crypto.ed25519Verify(certificate.deviceKey, consentBytes(certificate.bytes), event.consent)
  if (!consents) return fail('bad-consent')
  const known = findDevice(log, certificate.deviceKey)
  if (known?.revokedAt !== undefined) return fail('revoked-device')
  if (known !== undefined)
    return ok(log.devices.map((device) => (device === known ? { ...known, certificate } : device)))
  if (activeDevices(log).length >= DEVICES_PER_ACCOUNT_MAX) return fail('too-many-devices')
  return ok([...log.devices, { deviceKey: certificate.deviceKey, certificate, addedAt: certificate.notBefore }])
}

function withRevocation(
  log: IdentityLog,
  event: Extract<LogEvent, { type: 'revoke-device' }>,
): Result<readonly LogDevice[], LogRejection> {
  const known = findDevice(log, event.deviceKey)
  if (known === undefined) return fail('unknown-device')
  if (known.revokedAt !== undefined) return fail('revoked-device')
  return ok(log.devices.map((device) => (device === known ? { ...known, revokedAt: event.at } : device)))
}
