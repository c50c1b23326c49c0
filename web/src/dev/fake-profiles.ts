import {
  EngineError,
  type OwnProfile,
  type Params,
  type Profile,
  type ProfileAnswer,
  type ResultOf,
} from '@parley/engine/api'
import type { FakeState } from './fake-state.ts'
import { seeded } from './fake-ids.ts'

type Picture = ResultOf<'avatars.fetch'>

/** Profiles as a pretend node knows them. */
export interface FakeProfiles {
  own: Omit<OwnProfile, 'name'>
  /** People who are no contacts, by account: what is kept of them, and what would be found if somebody asked. */
  readonly strangers: Map<string, { readonly profile: Profile; isKnown: boolean }>
  /** Pictures by CID. */
  readonly pictures: Map<string, Picture>
  /** Ids that were asked for, in order. */
  readonly asked: { readonly ids: readonly string[]; readonly priority: string }[]
}

const base32 = 'abcdefghijklmnopqrstuvwxyz234567'

/** A CID of the right shape that depends on every letter. */
export const fakeCid = (seed: string): string => {
  const hash = [...seed].reduce((sum, letter) => (Math.imul(sum, 31) + (letter.codePointAt(0) ?? 0)) >>> 0, 11)
  const random = seeded(hash)
  return `bafkrei${Array.from({ length: 52 }, () => base32[Math.floor(random() * 32)]).join('')}`
}

export const newProfile = (
  account: string,
  name: string,
  changedAt: number,
  fields: Partial<Profile> = {},
): Profile => ({
  account,
  name,
  handle: '',
  location: '',
  about: '',
  addresses: [],
  extra: {},
  version: 1,
  changedAt,
  ...fields,
})

export const createFakeProfiles = (account: string, now: () => number): FakeProfiles => ({
  own: {
    ...newProfile(account, '', now() - 86_400_000),
    visibility: 'contacts',
    ipnsName: 'k51qzi5uqu5dfake0000000000000000000000000000000000000000000000',
  },
  strangers: new Map(),
  pictures: new Map(),
  asked: [],
})

const tooLong = (text: string | undefined, max: number): boolean => text !== undefined && [...text].length > max

const checkUpdate = ({ name, handle, location, about }: Params<'profile.update'>): void => {
  if (tooLong(name, 40) || tooLong(handle, 40) || tooLong(location, 40) || tooLong(about, 10_000))
    throw new EngineError('PROFILE_TOO_LONG')
  if (name?.trim() === '' || /[\s@]/u.test(handle ?? '')) throw new EngineError('PROFILE_MALFORMED')
}

const mediaTypeOf = (base64: string): Picture['mediaType'] => {
  const head = atob(base64.slice(0, 16))
  if (head.startsWith('\u{89}PNG')) return 'image/png'
  if (head.startsWith('\u{ff}\u{d8}')) return 'image/jpeg'
  if (head.startsWith('RIFF')) return 'image/webp'
  throw new EngineError('AVATAR_UNUSABLE')
}

const knownOf = ({ profiles, conversations }: FakeState, id: string): Profile | undefined => {
  const contact = conversations.find((each) => each.account === id)?.profiles[0]
  const stranger = profiles.strangers.get(id)
  return contact ?? (stranger?.isKnown === true ? stranger.profile : undefined)
}

const answerOf = (id: string, profile: Profile | undefined, source: ProfileAnswer['source']): ProfileAnswer =>
  profile === undefined
    ? { id, outcome: source === 'cache' ? 'missing' : 'unknown', isFresh: false, source: 'none' }
    : { id, outcome: 'found', profile, isFresh: true, source }

/** What `profiles.fetch` finds, in the order of the ids. */
export const fetchProfiles = (state: FakeState, params: Params<'profiles.fetch'>): readonly ProfileAnswer[] => {
  state.profiles.asked.push({ ids: params.ids, priority: params.priority ?? 'soon' })
  return [...new Set(params.ids)].map((id) => {
    const known = knownOf(state, id)
    if (known !== undefined) return answerOf(id, known, 'cache')
    const stranger = state.profiles.strangers.get(id)
    if (stranger === undefined) return answerOf(id, undefined, 'holder')
    stranger.isKnown = true
    state.tellProfiles([stranger.profile])
    return answerOf(id, stranger.profile, 'holder')
  })
}

/** One's own profile, other people's, and pictures. */
export const profileHandlers = (state: FakeState) => {
  const { profiles, me, now } = state
  const own = (): OwnProfile => ({ ...profiles.own, name: me.current.name })
  const change = (fields: Partial<Omit<OwnProfile, 'name'>>): OwnProfile => {
    const { publishedAt: _published, invite: _invite, ...others } = { ...profiles.own, ...fields }
    const isPublic = others.visibility === 'public'
    const published = isPublic ? { publishedAt: now(), invite: 'https://parley.example/i#public' } : {}
    profiles.own = { ...others, ...published, version: others.version + 1, changedAt: now() }
    state.tellProfiles([own()])
    return own()
  }
  return {
    'profile.get': () => own(),
    'profile.update': (params: Params<'profile.update'>) => {
      checkUpdate(params)
      const { name, ...others } = params
      if (name !== undefined) me.current = { ...me.current, name }
      return change(others)
    },
    'profile.setAvatar': ({ image }: Params<'profile.setAvatar'>) => {
      if (image === '') {
        const { avatar: _gone, ...others } = profiles.own
        profiles.own = others
        return change({})
      }
      const cid = fakeCid(image)
      profiles.pictures.set(cid, { mediaType: mediaTypeOf(image), image })
      return change({ avatar: cid })
    },
    'profiles.cached': ({ ids }: Params<'profiles.cached'>) =>
      [...new Set(ids)].map((id) => answerOf(id, knownOf(state, id), 'cache')),
    'profiles.history': ({ account }: Params<'profiles.history'>) => [
      ...(state.conversations.find((each) => each.account === account)?.profiles ?? []),
    ],
    'avatars.fetch': ({ cid }: Params<'avatars.fetch'>) => {
      const picture = profiles.pictures.get(cid)
      if (picture === undefined) throw new EngineError('AVATAR_NOT_FOUND')
      return picture
    },
    'presence.set': () => null,
    'app.get': ({ key }: Params<'app.get'>) => ({ value: state.appValues.get(key) ?? null }),
    'app.set': ({ key, value }: Params<'app.set'>) => {
      if (value === null) state.appValues.delete(key)
      else state.appValues.set(key, value)
      return null
    },
  }
}
