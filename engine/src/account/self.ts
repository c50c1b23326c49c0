/** This device and the account that it belongs to. Made once, then read at every start. Spec: IDN-4…IDN-8, KEY-1. */
import {
  addDevice,
  assert,
  CLOCK_SKEW_MAX_MS,
  consentToDevice,
  createRecoveryPhrase,
  decodeCbor,
  deriveAccountSecrets,
  DEVICE_CERTIFICATE_LIFETIME_MS,
  encodeCbor,
  isBytes,
  isList,
  issueDeviceCertificate,
  logHead,
  parseDeviceCertificate,
  parseRecoveryPhrase,
  parseUtf8,
  peerIdOfKey,
  readIdentityLog,
  startIdentityLog,
  utf8,
  zero,
  type CryptoPort,
  type DeviceCertificate,
  type DeviceSigner,
  type IdentityLog,
  type RandomPort,
} from '@parley/core'
import { EngineError } from '../api/errors.ts'
import { PortError } from '../ports/port-error.ts'
import type { StorePort } from '../ports/store.ts'
import { noteRestored } from '../store/own-profile.ts'
import { readSecret, saveSecret } from '../store/secrets.ts'
import type { Vault } from '../vault/vault.ts'

const PHRASE = 'account/phrase'
const DEVICE_SEED = 'device/seed'
const IDENTITY = 'identity'
/** A certificate is renewed when less than this is left of its year. */
const CERTIFICATE_RENEWAL_MS = DEVICE_CERTIFICATE_LIFETIME_MS / 4

export interface Self {
  readonly account: string
  readonly peerId: string
  readonly deviceKey: Uint8Array
  /** Ed25519 seed; lives as long as the engine. */
  readonly deviceSeed: Uint8Array
  readonly certificate: DeviceCertificate
  readonly log: IdentityLog
  readonly signer: DeviceSigner
}

interface Platform {
  readonly store: StorePort
  readonly vault: Vault
  readonly crypto: CryptoPort
  readonly random: RandomPort
}

/**
 * Reads the account of this database, or makes one: from `recoveryPhrase`, or new.
 * @throws EngineError `RECOVERY_PHRASE_INVALID`, `ACCOUNT_IN_USE` when a phrase is given for another account's database.
 */
export async function openSelf(platform: Platform, now: number, recoveryPhrase?: string): Promise<Self> {
  const stored = readSecret(platform.store, platform.vault, DEVICE_SEED)
  if (stored === undefined) return createSelf(platform, now, recoveryPhrase)
  if (recoveryPhrase !== undefined && readPhrase(platform) !== phraseOf(recoveryPhrase)) {
    throw new EngineError('ACCOUNT_IN_USE')
  }
  const self = await readSelf(platform, stored)
  const isFresh = self.certificate.notAfter - now > CERTIFICATE_RENEWAL_MS
  return isFresh ? self : renewSelf(platform, self, now)
}

/** The words of this account, as they were made or given; shown on request only. */
export function readPhrase({ store, vault }: Pick<Platform, 'store' | 'vault'>): string {
  const bytes = readSecret(store, vault, PHRASE)
  if (bytes === undefined) throw new PortError('STORE_CORRUPT', 'the recovery phrase is missing', false)
  return parseUtf8(bytes) ?? ''
}

function phraseOf(text: string): string {
  const phrase = parseRecoveryPhrase(text)
  if (!phrase.ok) throw new EngineError('RECOVERY_PHRASE_INVALID', phrase.reason)
  return phrase.value
}

async function createSelf(platform: Platform, now: number, recoveryPhrase: string | undefined): Promise<Self> {
  const { store, vault, crypto, random } = platform
  const phrase = recoveryPhrase === undefined ? createRecoveryPhrase(random) : phraseOf(recoveryPhrase)
  const deviceSeed = random(32)
  const secrets = await deriveAccountSecrets(crypto, phrase)
  const log = await startIdentityLog(crypto, secrets)
  assert(log.ok, 'the first event of an own log is valid')
  const grown = await certify(crypto, { rootSeed: secrets.rootSeed, deviceSeed, log: log.value, now })
  zero(secrets.rootSeed)
  zero(secrets.backupKey)
  store.transaction(() => {
    saveSecret(store, vault, PHRASE, utf8(phrase))
    saveSecret(store, vault, DEVICE_SEED, deviceSeed)
    saveIdentity(store, grown)
    if (recoveryPhrase !== undefined) noteRestored(store)
  })
  return selfOf(crypto, deviceSeed, grown)
}

async function renewSelf(platform: Platform, self: Self, now: number): Promise<Self> {
  const { store, crypto } = platform
  const { rootSeed } = await deriveAccountSecrets(crypto, readPhrase(platform))
  const grown = await certify(crypto, { rootSeed, deviceSeed: self.deviceSeed, log: self.log, now })
  zero(rootSeed)
  store.transaction(() => saveIdentity(store, grown))
  return selfOf(crypto, self.deviceSeed, grown)
}

interface Identity {
  readonly certificate: DeviceCertificate
  readonly log: IdentityLog
}

interface Certification {
  readonly rootSeed: Uint8Array
  readonly deviceSeed: Uint8Array
  readonly log: IdentityLog
  readonly now: number
}

async function certify(crypto: CryptoPort, { rootSeed, deviceSeed, log, now }: Certification): Promise<Identity> {
  const certificate = await issueDeviceCertificate(crypto, rootSeed, {
    deviceKey: await crypto.ed25519PublicKey(deviceSeed),
    capabilities: ['admin', 'message'],
    notBefore: now - CLOCK_SKEW_MAX_MS,
    notAfter: now - CLOCK_SKEW_MAX_MS + DEVICE_CERTIFICATE_LIFETIME_MS,
    logHead: logHead(log),
  })
  const consent = await consentToDevice(crypto, deviceSeed, certificate.bytes)
  const grown = await addDevice(crypto, rootSeed, log, { certificate: certificate.bytes, consent })
  assert(grown.ok, 'the own device can be added to the own log')
  return { certificate, log: grown.value }
}

function saveIdentity(store: StorePort, { certificate, log }: Identity): void {
  const value = encodeCbor([certificate.bytes, [...log.events]])
  store.run('INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value', [
    IDENTITY,
    value,
  ])
}

async function readSelf({ store, crypto }: Platform, deviceSeed: Uint8Array): Promise<Self> {
  const row = store.all('SELECT value FROM meta WHERE key = ?', [IDENTITY])[0]
  const value = row?.['value'] instanceof Uint8Array ? decodeCbor(row['value']) : undefined
  const [bytes, events] = isList(value) ? value : []
  const certificate = isBytes(bytes) ? parseDeviceCertificate(bytes) : undefined
  if (!certificate?.ok || !isList(events)) throw damaged()
  const log = await readIdentityLog(
    crypto,
    certificate.value.account,
    events.filter((event) => isBytes(event)),
  )
  if (!log.ok) throw damaged()
  return selfOf(crypto, deviceSeed, { certificate: certificate.value, log: log.value })
}

const damaged = () => new PortError('STORE_CORRUPT', 'the identity of this device is unreadable', false)

async function selfOf(crypto: CryptoPort, deviceSeed: Uint8Array, { certificate, log }: Identity): Promise<Self> {
  const deviceKey = await crypto.ed25519PublicKey(deviceSeed)
  return {
    account: certificate.account,
    peerId: peerIdOfKey(deviceKey),
    deviceKey,
    deviceSeed,
    certificate,
    log,
    signer: { seed: deviceSeed, publicKey: deviceKey, credential: certificate.bytes },
  }
}
