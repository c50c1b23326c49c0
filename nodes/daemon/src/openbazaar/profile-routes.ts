/** `profile` and `fetchprofiles`. Spec: OBG-14, OBG-15. */
import type { LogPort, OwnProfile, Profile } from '@parley/engine'
import { randomBytes } from 'node:crypto'
import { type Given, parseObject, parseTexts } from './given.ts'
import { ASYNC_ID_LETTERS_MAX, FETCHES_MAX, PROFILE_IDS_MAX, PUBLISH_TIMEOUT_MS } from './limits.ts'
import { isPeerId } from './names.ts'
import { patchedProfile, type ProfileChange, profileView, wholeProfile } from './profile-views.ts'
import { Refusal } from './refusal.ts'
import { type Ask, Reply, type Routes } from './routes.ts'
import type { Session } from './session.ts'

const IMMUTABLE = { 'cache-control': 'public, max-age=600, immutable' }
const NO_PROFILE = 'profile not found'

/** Routes with what they have in common: fetches that are on their way, ended with the server. */
export function profileRoutes(log: LogPort, ending: AbortSignal): Routes {
  const places = new Places()
  let stopFollowing = (): void => undefined
  const follow = (ask: Ask, changed: OwnProfile): void => {
    stopFollowing()
    stopFollowing = followPublication(ask, changed)
  }
  ending.addEventListener('abort', () => stopFollowing())
  return {
    'GET profile': getProfile,
    'POST profile': async (ask) => {
      const changed = await ask.session.changes.run(async () => {
        if ((await ownProfile(ask.session)) !== undefined) throw new Refusal(409, 'Profile already exists. Use PUT.')
        return change(ask, wholeProfile)
      })
      follow(ask, changed)
      return profileView(changed)
    },
    'PUT profile': async (ask) => {
      const changed = await ask.session.changes.run(async () => {
        await assertProfile(ask)
        return change(ask, wholeProfile)
      })
      follow(ask, changed)
      return profileView(changed)
    },
    'PATCH profile': async (ask) => {
      const changed = await ask.session.changes.run(async () => {
        await assertProfile(ask)
        return change(ask, patchedProfile)
      })
      follow(ask, changed)
      return {}
    },
    'POST fetchprofiles': (ask) => postFetchProfiles(ask, { places, log, ending }),
  }
}

/** The own profile; `undefined` while it has no name, which is when OpenBazaar would have none. */
async function ownProfile({ client }: Session): Promise<OwnProfile | undefined> {
  const profile = await client.call('profile.get', {})
  return profile.name === '' ? undefined : profile
}

async function getProfile({ session, rest, query, signal }: Ask): Promise<unknown> {
  const peerId = rest[0] ?? ''
  if (peerId === '' || peerId === session.people.peerId) {
    const own = await ownProfile(session)
    if (own === undefined) throw new Refusal(404, NO_PROFILE)
    return profileView(own)
  }
  if (!isPeerId(peerId)) throw new Refusal(404, NO_PROFILE)
  const isCacheEnough = query.get('usecache') === 'true' || query.get('usecache') === '1'
  const profile =
    (isCacheEnough ? await cachedProfile(session, peerId) : undefined) ?? (await fetchProfile(session, peerId, signal))
  if (profile === undefined) throw new Refusal(404, NO_PROFILE)
  return new Reply({ body: profileView(profile), headers: IMMUTABLE })
}

async function cachedProfile({ client }: Session, peerId: string): Promise<Profile | undefined> {
  const [answer] = await client.call('profiles.cached', { ids: [peerId] })
  return answer?.profile
}

async function fetchProfile({ client }: Session, peerId: string, signal: AbortSignal): Promise<Profile | undefined> {
  for await (const { profile } of client.stream('profiles.fetch', { ids: [peerId], priority: 'visible' }, signal)) {
    if (profile !== undefined) return profile
  }
  return undefined
}

async function assertProfile({ session }: Ask): Promise<void> {
  if ((await ownProfile(session)) === undefined) throw new Refusal(404, "Profile doesn't exist yet. Use POST.")
}

/** From now on anybody may look the profile up: that is what OpenBazaar's profiles are. */
async function change(ask: Ask, toChange: (given: Given, own: Profile) => ProfileChange): Promise<OwnProfile> {
  const { client } = ask.session
  const given = parseObject(ask.body, 'pb.Profile')
  return client.call('profile.update', toChange(given, await client.call('profile.get', {})))
}

/** Says on the sockets how publishing goes, as far as the engine tells. @returns what ends the watch without a word. */
function followPublication({ session, told }: Ask, { changedAt }: OwnProfile): () => void {
  told.say({ status: 'publishing' })
  const live = session.client.live('profile.get', {})
  const stop = (): void => {
    clearTimeout(timer)
    live.dispose()
  }
  const end = (status: string): void => {
    stop()
    told.say({ status })
  }
  const timer = setTimeout(() => end('error publishing'), PUBLISH_TIMEOUT_MS)
  timer.unref()
  live.subscribe(() => {
    const { publishedAt = 0 } = live.peek() ?? {}
    if (publishedAt >= changedAt) end('publish complete')
  })
  return stop
}

/** At most FETCHES_MAX requests for profiles at a time. */
class Places {
  #taken = 0

  /** @returns what gives the place back, once. @throws Refusal 429 */
  take(): () => void {
    if (this.#taken >= FETCHES_MAX) throw new Refusal(429, 'Too many profiles are being fetched. Wait a moment.')
    this.#taken++
    return () => void this.#taken--
  }
}

interface Fetching {
  readonly places: Places
  readonly log: LogPort
  readonly ending: AbortSignal
}

async function postFetchProfiles(ask: Ask, { places, log, ending }: Fetching): Promise<unknown> {
  const ids = [...new Set(parseTexts(ask.body))]
  if (ids.length > PROFILE_IDS_MAX) throw new Refusal(400, `At most ${PROFILE_IDS_MAX} profiles at once`)
  const isAsync = ['true', '1', 't', 'TRUE', 'True', 'T'].includes(ask.query.get('async') ?? '')
  if (!isAsync) {
    const leave = places.take()
    return foundProfiles(ask, ids).finally(leave)
  }
  const given = ask.query.get('asyncID') ?? ''
  if (given.length > ASYNC_ID_LETTERS_MAX) throw new Refusal(400, 'asyncID is too long')
  // Taken before the answer: many may be answered before the first of them begins.
  const leave = places.take()
  const id = given === '' ? randomBytes(16).toString('hex') : given
  const afterwards = (): void => void tellAnswers(ask, { id, ids, log, ending }).finally(leave)
  return new Reply({ status: 202, body: { id }, afterwards })
}

async function foundProfiles(ask: Ask, ids: readonly string[]): Promise<readonly Given[]> {
  const found: Given[] = []
  for await (const { id, profile } of answers(ask.session, ids, ask.signal)) {
    if (profile !== undefined) found.push({ peerId: id, profile: profileView(profile) })
  }
  return found
}

interface Telling {
  readonly id: string
  readonly ids: readonly string[]
  readonly log: LogPort
  readonly ending: AbortSignal
}

/** Each id once: its profile, or that it was not found, under both names that clients look for. */
async function tellAnswers({ session, told }: Ask, { id, ids, log, ending }: Telling): Promise<void> {
  const open = new Set(ids)
  const fail = (peerId: string): void => told.say({ id, peerId, peerID: peerId, error: 'not found' })
  try {
    for await (const answer of answers(session, ids, ending)) {
      if (!open.delete(answer.id)) continue
      if (answer.profile === undefined) fail(answer.id)
      else told.say({ id, peerId: answer.id, profile: profileView(answer.profile) })
    }
  } catch (error) {
    if (!ending.aborted) log.log('warn', 'fetching profiles ended early', { reason: String(error) })
  }
  if (!ending.aborted) for (const peerId of open) fail(peerId)
}

interface Answer {
  readonly id: string
  readonly profile: Profile | undefined
}

async function* answers(session: Session, ids: readonly string[], signal: AbortSignal): AsyncGenerator<Answer> {
  const wanted: string[] = []
  for (const id of ids) {
    if (id === session.people.peerId) yield { id, profile: await ownProfile(session) }
    else if (isPeerId(id)) wanted.push(id)
    else yield { id, profile: undefined }
  }
  if (wanted.length === 0) return
  for await (const { id, profile } of session.client.stream(
    'profiles.fetch',
    { ids: wanted, priority: 'visible' },
    signal,
  )) {
    yield { id, profile }
  }
}
