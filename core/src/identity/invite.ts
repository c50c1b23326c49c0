/** Invites: links short enough for a QR code that say whom to reach, where, and prove that one was invited. */
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 as sha256Hash } from '@noble/hashes/sha2.js'
import { equalBytes, framed, parseBase64url, toBase64url, utf8 } from '../base/bytes.ts'
import { type CborValue, decodeCbor, encodeCbor, isBytes, isList, isUint } from '../base/cbor.ts'
import { deriveKey } from '../base/hash.ts'
import {
  ADDRESSES_PER_DEVICE_MAX,
  CLOCK_SKEW_MAX_MS,
  DEVICES_PER_ACCOUNT_MAX,
  INVITE_LIFETIME_MS,
  INVITE_LINK_LENGTH_MAX,
  INVITE_SECRET_BYTES,
} from '../base/limits.ts'
import { fail, ok, type Result } from '../base/result.ts'
import type { Millis } from '../base/time.ts'
import { isAddress, isAddressList } from './addresses.ts'
import { accountOfKey, type AccountId, parseAccount } from './did-key.ts'
import { isUsableEd25519Key } from './ed25519-key.ts'
import { peerIdOfKey } from './peer-id.ts'

const PREFIX = 'parley:invite/'
const VERSION = 1
export const INVITE_ID_BYTES = 16
export const INVITE_PROOF_BYTES = 32

export interface InviteDevice {
  /** Ed25519, 32 bytes. */
  readonly deviceKey: Uint8Array
  /** Multiaddrs that end in `/p2p/` and the device's peer id, best first. */
  readonly addresses: readonly string[]
}

export interface Invite {
  readonly account: AccountId
  /** At least one. */
  readonly devices: readonly InviteDevice[]
  /** INVITE_SECRET_BYTES random bytes. Whoever has them may claim to be invited; never sent back. */
  readonly secret: Uint8Array
  readonly expiresAt: Millis
}

export type InviteRejection = 'malformed' | 'too-long' | 'expired' | 'unsupported-version'

export interface EncodedInvite {
  readonly link: string
  /** Addresses that found no room in INVITE_LINK_LENGTH_MAX letters; the last ones of each device go first. */
  readonly omittedAddresses: number
}

/**
 * The link of an invite, `parley:invite/` and base64url. Addresses that would make it too long are left out from the
 * end and counted. Fails as `malformed` for an account, key, secret or address that {@link parseInvite} would refuse.
 * Spec: FST-6, FST-7.
 */
export function encodeInvite(invite: Invite): Result<EncodedInvite, InviteRejection> {
  const devices = invite.devices.map((device) => ({
    deviceKey: device.deviceKey,
    addresses: device.addresses.slice(0, ADDRESSES_PER_DEVICE_MAX),
  }))
  const wanted = count(invite.devices)
  for (;;) {
    const link = linkOf({ ...invite, devices })
    if (link === undefined) return fail('malformed')
    if (link.length <= INVITE_LINK_LENGTH_MAX) return ok({ link, omittedAddresses: wanted - count(devices) })
    const fullest = devices.toSorted((a, b) => b.addresses.length - a.addresses.length)[0]
    if (fullest === undefined || fullest.addresses.length === 0) return fail('too-long')
    fullest.addresses = fullest.addresses.slice(0, -1)
  }
}

const count = (devices: readonly InviteDevice[]): number =>
  devices.reduce((total, device) => total + device.addresses.length, 0)

function linkOf(invite: Invite): string | undefined {
  const account = parseAccount(invite.account)
  if (account === undefined) return undefined
  const devices = invite.devices.map((device) => {
    const suffix = peerSuffix(device.deviceKey)
    const isOwn = device.addresses.every((address) => isAddress(address) && address.endsWith(suffix))
    return isOwn ? [device.deviceKey, device.addresses.map((address) => address.slice(0, -suffix.length))] : null
  })
  const bytes = encodeCbor([VERSION, account, devices, invite.secret, invite.expiresAt])
  return parseBody(bytes).ok ? PREFIX + toBase64url(bytes) : undefined
}

/** The tail that every address of a device has; the link leaves it out because the key says the same. */
const peerSuffix = (deviceKey: Uint8Array): string => `/p2p/${peerIdOfKey(deviceKey)}`

/**
 * Reads a link; white space around it is forgiven. `malformed` also when it is cut off or a letter was changed in a
 * key; `expired` when its time has come, or lies further ahead than an invite can live. Spec: FST-6…FST-8.
 */
export function parseInvite(text: string, now: Millis): Result<Invite, InviteRejection> {
  const invite = readInvite(text)
  if (!invite.ok) return invite
  if (invite.value.expiresAt > now + INVITE_LIFETIME_MS + CLOCK_SKEW_MAX_MS) return fail('malformed')
  return now < invite.value.expiresAt ? invite : fail('expired')
}

/** {@link parseInvite} without the time: for links inside records that have a time of their own. */
export function readInvite(text: string): Result<Invite, InviteRejection> {
  if (text.length > 2 * INVITE_LINK_LENGTH_MAX) return fail('too-long')
  const link = text.trim()
  if (link.length > INVITE_LINK_LENGTH_MAX) return fail('too-long')
  if (!link.startsWith(PREFIX)) return fail('malformed')
  const bytes = parseBase64url(link.slice(PREFIX.length))
  if (bytes === undefined) return fail('malformed')
  return parseBody(bytes)
}

function parseBody(bytes: Uint8Array): Result<Invite, InviteRejection> {
  const value = decodeCbor(bytes)
  if (!isList(value)) return fail('malformed')
  const [version, account, devices, secret, expiresAt] = value
  if (!isUint(version)) return fail('malformed')
  if (version !== VERSION) return fail('unsupported-version')
  if (value.length !== 5 || !isBytes(account) || !isUsableEd25519Key(account)) return fail('malformed')
  if (!isBytes(secret, INVITE_SECRET_BYTES) || !isUint(expiresAt)) return fail('malformed')
  if (!isList(devices, DEVICES_PER_ACCOUNT_MAX) || devices.length === 0) return fail('malformed')
  const parsed = devices.map(parseDevice).filter((device) => device !== undefined)
  if (parsed.length !== devices.length) return fail('malformed')
  return ok({ account: accountOfKey(account), devices: parsed, secret, expiresAt })
}

function parseDevice(value: CborValue): InviteDevice | undefined {
  if (!isList(value) || value.length !== 2) return undefined
  const [deviceKey, heads] = value
  if (!isBytes(deviceKey) || !isUsableEd25519Key(deviceKey) || !isAddressList(heads)) return undefined
  const addresses = heads.map((head) => head + peerSuffix(deviceKey))
  return addresses.every(isAddress) ? { deviceKey, addresses } : undefined
}

/** Names an invite to its maker without telling its secret: 16 bytes. Spec: FST-9. */
export const inviteId = (secret: Uint8Array): Uint8Array =>
  deriveKey(secret, utf8('parley/invite/id/1'), INVITE_ID_BYTES)

/** Who asks whom: what a proof is bound to, so that it is of no use to anybody else. */
export const inviteTranscript = (parties: {
  readonly inviter: AccountId
  readonly requester: AccountId
  readonly requesterDevice: Uint8Array
}): Uint8Array =>
  framed(utf8('parley/invite/proof/1'), utf8(parties.inviter), utf8(parties.requester), parties.requesterDevice)

/** Shows that one holds `secret` without revealing it: HMAC-SHA-256, 32 bytes. Spec: FST-9. */
export const inviteProof = (secret: Uint8Array, transcript: Uint8Array): Uint8Array =>
  hmac(sha256Hash, deriveKey(secret, utf8('parley/invite/key/1')), transcript)

/** Compares in constant time. */
export const isInviteProof = (secret: Uint8Array, transcript: Uint8Array, proof: Uint8Array): boolean =>
  equalBytes(inviteProof(secret, transcript), proof)
