/** What a record looks like to callers, and which records say that there is none. Spec: PFX-9. */
import { cidText, ipnsName, type ProfileRecord } from '@parley/core'
import type { OwnProfile as OwnProfileView, Profile } from '../api/schema.ts'
import type { OwnProfile } from './own.ts'

export const viewProfile = (record: ProfileRecord): Profile => ({
  account: record.account,
  name: record.name,
  handle: record.handle,
  location: record.location,
  about: record.about,
  ...(record.avatar === undefined ? {} : { avatar: cidText(record.avatar) }),
  addresses: [...record.addresses],
  ...(record.invite === undefined ? {} : { invite: record.invite }),
  extra: { ...record.extra },
  version: record.sequence,
  changedAt: record.changedAt,
})

/** The name in a record that says nothing else: every record has one. */
export const FAREWELL_NAME = '-'

/** The last public record of an account that is for contacts only from now on: it takes what was public back. PFX-9 */
export const isFarewell = ({
  isPublic,
  name,
  handle,
  location,
  about,
  avatar,
  invite,
  addresses,
  extra,
}: ProfileRecord) =>
  isPublic &&
  name === FAREWELL_NAME &&
  avatar === undefined &&
  invite === undefined &&
  [handle, location, about].every((text) => text === '') &&
  addresses.length === 0 &&
  Object.keys(extra).length === 0

/** The own profile as its owner sees it, also while there is no record because the account has no name yet. */
export function viewOwn(own: OwnProfile, account: string, createdAt: number): OwnProfileView {
  const { record, state } = own
  const { name, handle, location, about, extra } = own.words
  const nothing = { account, name, handle, location, about, extra: { ...extra }, addresses: [], version: 1 }
  const profile: Profile = record === undefined ? { ...nothing, changedAt: createdAt } : viewProfile(record)
  return {
    ...profile,
    visibility: record?.isPublic === true ? 'public' : 'contacts',
    ipnsName: ipnsName(own.rootKey),
    ...(record?.isPublic === true && state.publishedAt > 0 ? { publishedAt: state.publishedAt } : {}),
  }
}
