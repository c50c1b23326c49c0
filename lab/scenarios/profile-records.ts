/** Profile records as their owner would sign them, made outside of the engine: old ones, other ones, wrong ones. */
import {
  createProfileRecord,
  DAY_MS,
  decodeResponse,
  deriveAccountSecrets,
  encodeRequest,
  type MailboxRequest,
  type MailboxResponse,
  type ProfileFacts,
  type ProfileRecord,
} from '@parley/core'
import { crypto } from './rogue.ts'
import type { Person, PushNode, World } from './world.ts'

/** A PNG of 16 × 12 pixels. */
export const PICTURE = new Uint8Array(
  Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAABAAAAAMCAYAAABr5z2BAAAA+ElEQVR4AcySXVUDURCDc/sCEiqhDsABOAAH4AAcgANwAA7AATiohEqAt5Bv58zu9mCg097NTWaS/d386MwHbb3Xzt+69Ieu/K5bv+jOz3r0g558r1ff6M3X+vSFvrzT3lsdfK5fb6ShLk+bIec3osNHtOaa9Ajz30pAM8fCHuwQLIpenJ1FEQtqHcAQYuGIrc9cSM9RCzmyVleguTnEmRkmrDFiJgys1lFANdcmx7JwYglf+esWSmSYFriY6vKLK3EWBQdVAcdiN0HHMjIJBua30FwEmM60xnR0TGzAClEUi4KDvQYBZVNqGXIsNUy3b+P/MziF7+APAAD//+iiLWAAAAAGSURBVAMAMfh3+eE9c0sAAAAASUVORK5CYII=',
    'base64',
  ),
)

const seeds = new WeakMap<Person, Promise<Uint8Array>>()

export function rootSeedOf(person: Person): Promise<Uint8Array> {
  const known = seeds.get(person)
  if (known !== undefined) return known
  const derived = person.engine
    .call('me.recoveryPhrase', {})
    .then(({ phrase }) => deriveAccountSecrets(crypto, phrase))
    .then(({ rootSeed }) => rootSeed)
  seeds.set(person, derived)
  return derived
}

/** A record of `person`, public if nothing else is said, of the present time of `world`. */
export const signedProfile = async (
  world: World,
  person: Person,
  changes: Partial<ProfileFacts> = {},
): Promise<ProfileRecord> => signedBy(world, await rootSeedOf(person), { name: person.name, ...changes })

/** The same of an account that has this root seed and no engine. */
export async function signedBy(
  world: World,
  rootSeed: Uint8Array,
  changes: Partial<ProfileFacts> = {},
): Promise<ProfileRecord> {
  const now = world.clock.now()
  const texts = { name: 'Somebody', handle: '', location: '', about: '', extra: {} }
  const none = { avatar: undefined, addresses: [], invite: undefined, previous: undefined }
  const times = { sequence: Math.floor(now / 1_000), changedAt: now, notAfter: now + DAY_MS }
  const facts = { ...texts, ...none, ...times, isPublic: true, ...changes }
  const made = await createProfileRecord(crypto, rootSeed, facts, now)
  if (!made.ok) throw new Error(`the profile is ${made.reason}`)
  return made.value
}

/** What `node` answers `person`'s device, whose engine knows nothing of it. */
export async function askAs(
  world: World,
  person: Person,
  node: PushNode,
  request: MailboxRequest | Uint8Array,
): Promise<MailboxResponse> {
  const bytes = request instanceof Uint8Array ? request : encodeRequest(request)
  const answering = person.wire.network.mailbox.request(node.address, bytes, new AbortController().signal)
  await world.pass(1_000)
  const response = decodeResponse(await answering)
  if (response === undefined) throw new Error('a push node answers')
  return response
}

/** What becomes of a record that `person` leaves at `node`. */
export async function putAs(
  world: World,
  person: Person,
  node: PushNode,
  record: Uint8Array,
  avatar?: Uint8Array,
): Promise<string> {
  const response = await askAs(world, person, node, { type: 'profile.put', record, avatar })
  return response.type === 'statuses' ? response.statuses.join() : response.type
}

export async function profilesAt(world: World, person: Person, node: PushNode, digest: Uint8Array) {
  const response = await askAs(world, person, node, { type: 'profile.get', digests: [digest] })
  return response.type === 'profiles' ? response.records : []
}
