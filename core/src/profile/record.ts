/** Profile records: what an account says about itself, signed by its root key, the newest of which counts. Spec: PRF-1…PRF-7. */
import { compareBytes } from '../base/bytes.ts'
import { type CborValue, isBytes, isUint } from '../base/cbor.ts'
import type { CryptoPort } from '../base/crypto.ts'
import { CLOCK_SKEW_MAX_MS, PROFILE_ADDRESSES_MAX, PROFILE_BYTES_MAX, PROFILE_LIFETIME_MS } from '../base/limits.ts'
import { fail, ok, type Result } from '../base/result.ts'
import type { Millis } from '../base/time.ts'
import { isAddressList } from '../identity/addresses.ts'
import { accountOfKey, type AccountId } from '../identity/did-key.ts'
import { isUsableEd25519Key } from '../identity/ed25519-key.ts'
import {
  type Fields,
  isSignedBy,
  KEY_BYTES,
  parseSignedRecord,
  type RecordRejection,
  type SignedRecord,
  signRecord,
} from '../identity/signed-record.ts'
import { blockCid } from '../mailbox/cid.ts'
import { checkProfile, cleanProfile, optionalCid, optionalInvite, type ProfileTexts, textsOf } from './fields.ts'
import { profileDigest } from './name.ts'

const DOMAIN = 'parley/profile/1'
const KEYS = [
  'v',
  'account',
  'name',
  'handle',
  'location',
  'about',
  'avatar',
  'addresses',
  'invite',
  'extra',
  'isPublic',
  'sequence',
  'previous',
  'changedAt',
  'notAfter',
] as const

export interface ProfileFacts extends ProfileTexts {
  /** CID (CID_BYTES) of the picture. */
  readonly avatar: Uint8Array | undefined
  /** Multiaddrs of the account's devices, at most PROFILE_ADDRESSES_MAX. */
  readonly addresses: readonly string[]
  /** A link with which anybody may ask for contact; only in a public record. Whether it has expired is not looked at. */
  readonly invite: string | undefined
  readonly isPublic: boolean
  /** From 1; rises with every record. Its maker takes the greater one of the last one + 1 and the time in Unix seconds. */
  readonly sequence: number
  /** CID of the account's record before this one, if it knows one. */
  readonly previous: Uint8Array | undefined
  /** When what it says was last changed; renewing it changes nothing. */
  readonly changedAt: Millis
  /** At most PROFILE_LIFETIME_MS ahead. */
  readonly notAfter: Millis
}

export interface ProfileRecord extends ProfileFacts {
  readonly account: AccountId
  /** Ed25519, 32 bytes. */
  readonly rootKey: Uint8Array
  /** What it is kept under, 32 bytes; see {@link profileDigest}. */
  readonly digest: Uint8Array
  /** CID (CID_BYTES) of `bytes`. */
  readonly cid: Uint8Array
  /** The exact encoding; what is sent, kept and hashed. */
  readonly bytes: Uint8Array
}

export type ProfileRejection =
  | RecordRejection
  | 'too-long'
  | 'bad-key'
  | 'bad-lifetime'
  | 'bad-signature'
  | 'not-yet-valid'
  | 'expired'

/**
 * Signs a record. Texts are cleaned before, so that everybody sees what was signed; facts that others would refuse at
 * `now` are refused here. `rootSeed` (32 bytes) is borrowed. Spec: PRF-1, PRF-3.
 */
export async function createProfileRecord(
  crypto: Pick<CryptoPort, 'ed25519PublicKey' | 'ed25519Sign'>,
  rootSeed: Uint8Array,
  facts: ProfileFacts,
  now: Millis,
): Promise<Result<ProfileRecord, ProfileRejection>> {
  const wrong = checkProfile(facts)
  if (wrong !== undefined) return fail(wrong)
  const rootKey = await crypto.ed25519PublicKey(rootSeed)
  const parsed = parse(await signRecord(crypto, rootSeed, DOMAIN, fieldsOf(rootKey, facts)))
  return parsed.ok ? atTime(parsed.value.profile, now) : parsed
}

function fieldsOf(rootKey: Uint8Array, facts: ProfileFacts): Fields {
  const { name, handle, location, about, extra } = cleanProfile(facts)
  return {
    v: 1,
    account: rootKey,
    name,
    handle,
    location,
    about,
    avatar: facts.avatar ?? null,
    addresses: facts.addresses,
    invite: facts.invite ?? null,
    extra,
    isPublic: facts.isPublic,
    sequence: facts.sequence,
    previous: facts.previous ?? null,
    changedAt: facts.changedAt,
    notAfter: facts.notAfter,
  }
}

/**
 * Checks everything: form, limits, key, signature, and that it is valid at `now`, allowing for CLOCK_SKEW_MAX_MS. The
 * result owns fresh bytes; its texts are cleaned for display, `bytes` are as they came. Spec: PRF-1…PRF-6.
 */
export async function verifyProfileRecord(
  crypto: Pick<CryptoPort, 'ed25519Verify'>,
  bytes: Uint8Array,
  now: Millis,
): Promise<Result<ProfileRecord, ProfileRejection>> {
  const parsed = parse(bytes)
  if (!parsed.ok) return parsed
  // the time first: it costs nothing, and whoever replays old records shall not make others compute
  const timely = atTime(parsed.value.profile, now)
  if (!timely.ok) return timely
  const { profile, record } = parsed.value
  return (await isSignedBy(crypto, profile.rootKey, DOMAIN, record)) ? timely : fail('bad-signature')
}

/** Reads a record that was verified before, e.g. one out of this device's own sealed store. Proves nothing by itself. */
export function parseProfileRecord(bytes: Uint8Array): Result<ProfileRecord, ProfileRejection> {
  const parsed = parse(bytes)
  return parsed.ok ? ok(parsed.value.profile) : parsed
}

function atTime(profile: ProfileRecord, now: Millis): Result<ProfileRecord, ProfileRejection> {
  if (profile.changedAt > now + CLOCK_SKEW_MAX_MS) return fail('not-yet-valid')
  if (profile.notAfter > now + PROFILE_LIFETIME_MS + CLOCK_SKEW_MAX_MS) return fail('bad-lifetime')
  return now < profile.notAfter ? ok(profile) : fail('expired')
}

interface Parsed {
  readonly profile: ProfileRecord
  readonly record: SignedRecord
}

function parse(bytes: Uint8Array): Result<Parsed, ProfileRejection> {
  const record = parseSignedRecord(bytes, PROFILE_BYTES_MAX, KEYS)
  if (!record.ok) return record
  const { fields } = record.value
  const rootKey = fields['account']
  if (!isBytes(rootKey, KEY_BYTES)) return fail('malformed')
  if (!isUsableEd25519Key(rootKey)) return fail('bad-key')
  const account = accountOfKey(rootKey)
  const texts = textsOf(fields)
  const rest = restOf(fields, account)
  if (texts === undefined || rest === undefined) return fail('malformed')
  const wrong = checkProfile(texts)
  if (wrong !== undefined) return fail(wrong)
  if (rest.notAfter <= rest.changedAt) return fail('bad-lifetime')
  const own = bytes.slice()
  const made = { account, rootKey, digest: profileDigest(rootKey), cid: blockCid(own), bytes: own }
  return ok({ profile: { ...cleanProfile(texts), ...rest, ...made }, record: record.value })
}

function restOf(fields: Fields, account: AccountId): Omit<ProfileFacts, keyof ProfileTexts> | undefined {
  const { addresses, isPublic, sequence, changedAt, notAfter } = fields
  const avatar = optionalCid(fields['avatar'])
  const previous = optionalCid(fields['previous'])
  const invite = optionalInvite(fields['invite'], account)
  if (avatar === undefined || previous === undefined || invite === undefined) return undefined
  if (typeof isPublic !== 'boolean' || (invite !== null && !isPublic)) return undefined
  if (!isAddresses(addresses) || !isUint(sequence) || sequence === 0) return undefined
  if (!isUint(changedAt) || !isUint(notAfter)) return undefined

  return {
    avatar: avatar ?? undefined,
    addresses,
    invite: invite ?? undefined,
    isPublic,
    sequence,
    previous: previous ?? undefined,
    changedAt,
    notAfter,
  }
}

const isAddresses = (value: CborValue | undefined): value is readonly string[] =>
  isAddressList(value) && value.length <= PROFILE_ADDRESSES_MAX

export type ProfileOrder = 'newer' | 'same' | 'older' | 'other-account'

/**
 * What `received` is to the record that one has: the greater sequence is newer; of two with one sequence the one with
 * the greater CID is, so that all agree whichever came first. A total order of one account's records. Spec: PRF-7.
 */
export function compareProfiles(
  held: Pick<ProfileRecord, 'account' | 'sequence' | 'cid'> | undefined,
  received: Pick<ProfileRecord, 'account' | 'sequence' | 'cid'>,
): ProfileOrder {
  if (held === undefined) return 'newer'
  if (held.account !== received.account) return 'other-account'
  const difference = received.sequence - held.sequence || compareBytes(received.cid, held.cid)
  return difference > 0 ? 'newer' : difference < 0 ? 'older' : 'same'
}
