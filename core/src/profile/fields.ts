/** What may stand in a profile, and how it is shown. Spec: PRF-2…PRF-4. */
import { utf8 } from '../base/bytes.ts'
import { type CborValue, isBytes, isRecord, isText } from '../base/cbor.ts'
import {
  INVITE_LINK_LENGTH_MAX,
  PROFILE_ABOUT_LETTERS_MAX,
  PROFILE_BYTES_MAX,
  PROFILE_EXTRA_BYTES_MAX,
  PROFILE_EXTRA_ENTRIES_MAX,
  PROFILE_EXTRA_KEY_LETTERS_MAX,
  PROFILE_HANDLE_LETTERS_MAX,
  PROFILE_LOCATION_LETTERS_MAX,
  PROFILE_NAME_LETTERS_MAX,
} from '../base/limits.ts'
import { countLetters, isWellFormed } from '../content/letters.ts'
import type { AccountId } from '../identity/did-key.ts'
import { sanitizeName, sanitizeText } from '../identity/display-name.ts'
import { readInvite } from '../identity/invite.ts'
import { isBlockCid } from '../mailbox/cid.ts'

/** What people write into their profile. */
export interface ProfileTexts {
  readonly name: string
  readonly handle: string
  readonly location: string
  readonly about: string
  /** What applications add, by keys of their own. */
  readonly extra: Readonly<Record<string, string>>
}

/**
 * Whether a profile may say this; `undefined` when it may. `too-long`: more letters (Unicode code points), entries or
 * bytes than the limits. `malformed`: no name that can be seen, a handle with `@` or white space, a key that is not
 * shown as it is written, half a letter. Spec: PRF-2, PRF-3, PRF-4.
 */
export function checkProfile({
  name,
  handle,
  location,
  about,
  extra,
}: ProfileTexts): 'too-long' | 'malformed' | undefined {
  const entries = Object.entries(extra)
  const isLong =
    isLonger(name, PROFILE_NAME_LETTERS_MAX) ||
    isLonger(handle, PROFILE_HANDLE_LETTERS_MAX) ||
    isLonger(location, PROFILE_LOCATION_LETTERS_MAX) ||
    isLonger(about, PROFILE_ABOUT_LETTERS_MAX) ||
    entries.length > PROFILE_EXTRA_ENTRIES_MAX ||
    entries.some(([key]) => isLonger(key, PROFILE_EXTRA_KEY_LETTERS_MAX)) ||
    extraBytes(entries) > PROFILE_EXTRA_BYTES_MAX
  if (isLong) return 'too-long'
  const texts = [name, handle, location, about, ...entries.flat()]
  if (!texts.every(isWellFormed) || sanitizeName(name, PROFILE_NAME_LETTERS_MAX).length === 0) return 'malformed'
  return isHandle(handle) && entries.every(([key]) => isKey(key)) ? undefined : 'malformed'
}

/** Looks at the length in UTF-16 units first: an endless text is not counted. */
const isLonger = (text: string, lettersMax: number): boolean =>
  text.length > lettersMax && (text.length > 2 * lettersMax || countLetters(text) > lettersMax)

function extraBytes(entries: readonly (readonly [string, string])[]): number {
  let bytes = 0
  for (const part of entries.flat()) {
    if (part.length > PROFILE_EXTRA_BYTES_MAX) return Number.POSITIVE_INFINITY
    bytes += utf8(part).length
  }
  return bytes
}

/** Empty: none. White space of every kind is a space once it is cleaned, or cut off. */
function isHandle(handle: string): boolean {
  const cleaned = sanitizeName(handle, PROFILE_HANDLE_LETTERS_MAX)
  return !/[\s@]/u.test(handle) && !/[\s@]/u.test(cleaned) && (handle.length === 0) === (cleaned.length === 0)
}

/** `__proto__` names no entry of an object, so no program could read it. */
const isKey = (key: string): boolean =>
  key.length > 0 && key !== '__proto__' && sanitizeName(key, PROFILE_EXTRA_KEY_LETTERS_MAX) === key

/** The texts as they may be shown: names on one line, nothing invisible, nothing that reorders what stands around it. PRF-3 */
export const cleanProfile = ({ name, handle, location, about, extra }: ProfileTexts): ProfileTexts => ({
  name: sanitizeName(name, PROFILE_NAME_LETTERS_MAX),
  handle: sanitizeName(handle, PROFILE_HANDLE_LETTERS_MAX),
  location: sanitizeName(location, PROFILE_LOCATION_LETTERS_MAX),
  about: sanitizeText(about),
  extra: Object.fromEntries(Object.entries(extra).map(([key, value]) => [key, sanitizeText(value)])),
})

/** The texts of a record's map, unchecked; `undefined` when one of them is no text. */
export function textsOf(fields: { readonly [key: string]: CborValue }): ProfileTexts | undefined {
  const { name, handle, location, about, extra } = fields
  if (!isText(name) || !isText(handle) || !isText(location) || !isText(about) || !isRecord(extra)) return undefined
  return isTexts(extra) ? { name, handle, location, about, extra } : undefined
}

const isTexts = (map: { readonly [key: string]: CborValue }): map is Readonly<Record<string, string>> =>
  Object.values(map).every((value) => isText(value, PROFILE_BYTES_MAX))

/** A CID, or `null` for none; `undefined` for anything else. */
export const optionalCid = (value: CborValue | undefined): Uint8Array | null | undefined =>
  value === null || (isBytes(value) && isBlockCid(value)) ? value : undefined

/** An invite link of this account that may have expired, or `null` for none; `undefined` for anything else. PRF-5 */
export function optionalInvite(value: CborValue | undefined, account: AccountId): string | null | undefined {
  if (value === null) return null
  if (!isText(value, INVITE_LINK_LENGTH_MAX) || value.trim() !== value) return undefined
  const invite = readInvite(value)
  return invite.ok && invite.value.account === account ? value : undefined
}
