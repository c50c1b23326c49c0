/** Profiles between our fields and OpenBazaar's. Spec: OBG-14. */
import type { Profile } from '@parley/engine'
import { type Given, isGiven, kept, textIn, valueIn } from './given.ts'
import { peerIdOf, timestampOf } from './names.ts'
import { Refusal } from './refusal.ts'

/** Where OpenBazaar's other fields are kept among what applications add. */
export const PROFILE_KEY = 'openbazaar'

type Kind = 'text' | 'flag' | 'number' | 'object' | 'list'

/** OpenBazaar's fields that we have none for; everything else of a given profile is left out. */
const KINDS_BY_FIELD: Readonly<Record<string, Kind>> = {
  shortDescription: 'text',
  nsfw: 'flag',
  vendor: 'flag',
  moderator: 'flag',
  moderatorInfo: 'object',
  contactInfo: 'object',
  colors: 'object',
  avatarHashes: 'object',
  headerHashes: 'object',
  stats: 'object',
  bitcoinPubkey: 'text',
  currencies: 'list',
  version: 'number',
}

/** What OpenBazaar's nodes write for what was never set. */
const DEFAULTS = { shortDescription: '', nsfw: false, vendor: false, moderator: false, currencies: [], version: 5 }

const isOfKind = (value: unknown, kind: Kind): boolean => {
  if (kind === 'list') return Array.isArray(value)
  if (kind === 'object') return isGiven(value)
  return typeof value === { text: 'string', flag: 'boolean', number: 'number' }[kind]
}

/** A profile as OpenBazaar's clients read it. What its owner kept for them is checked: it may be anybody's bytes. */
export function profileView(profile: Profile): Given {
  const { name, handle, location, about } = profile
  return {
    peerID: peerIdOf(profile.account),
    handle,
    name,
    location,
    about,
    ...DEFAULTS,
    ...keptFields(profile),
    lastModified: timestampOf(profile.changedAt),
  }
}

function keptFields({ extra }: Profile): Given {
  const text = extra[PROFILE_KEY]
  if (text === undefined) return {}
  try {
    return knownFields(JSON.parse(text))
  } catch {
    return {}
  }
}

function knownFields(value: unknown): Given {
  if (!isGiven(value)) return {}
  const fields = Object.entries(KINDS_BY_FIELD).flatMap(([field, kind]) => {
    const copy = Object.hasOwn(value, field) ? kept(value[field]) : undefined
    return copy !== undefined && isOfKind(copy, kind) ? [[field, copy] as const] : []
  })
  return Object.fromEntries(fields)
}

/** What `profile.update` takes of a profile in OpenBazaar's words. */
export interface ProfileChange {
  name?: string
  handle?: string
  location?: string
  about?: string
  extra: Record<string, string>
  visibility: 'public'
}

/**
 * A whole profile that replaces `own`. @throws Refusal 400 without a name or with fields of other types.
 */
export function wholeProfile(given: Given, own: Profile): ProfileChange {
  const texts = {
    name: textIn(given, 'name'),
    handle: textIn(given, 'handle'),
    location: textIn(given, 'location'),
    about: textIn(given, 'about'),
  }
  if (texts.name === '') throw new Refusal(400, 'Profile name not set')
  return { ...texts, extra: extraOf(own, otherFields(given)), visibility: 'public' }
}

/** Only the fields that are given. @throws Refusal 400 for fields of other types. */
export function patchedProfile(given: Given, own: Profile): ProfileChange {
  const names = ['name', 'handle', 'location', 'about'] as const
  const texts = names.flatMap((name) => {
    const value = valueIn(given, name)
    return value === undefined || value === null ? [] : [[name, textIn(given, name)] as const]
  })
  const extra = extraOf(own, { ...keptFields(own), ...otherFields(given) })
  return { ...Object.fromEntries(texts), extra, visibility: 'public' }
}

/** @throws Refusal 400 */
function otherFields(given: Given): Given {
  for (const [field, kind] of Object.entries(KINDS_BY_FIELD)) {
    const value = Object.hasOwn(given, field) ? given[field] : undefined
    if (value === undefined || value === null) continue
    const copy = kept(value)
    if (copy === undefined || !isOfKind(copy, kind)) throw new Refusal(400, `${field} of a profile is a ${kind}`)
  }
  return knownFields(given)
}

const extraOf = ({ extra }: Profile, fields: Given): Record<string, string> => ({
  ...extra,
  [PROFILE_KEY]: JSON.stringify(fields),
})
