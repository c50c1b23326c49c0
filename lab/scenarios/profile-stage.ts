/** What the scenarios of profiles need besides people: records made by hand, a picture, and what an answer says. */
import { createNodeCrypto } from '@parley/adapter-crypto-node'
import {
  createProfileRecord,
  deriveAccountSecrets,
  parseBase64,
  PROFILE_LIFETIME_MS,
  type ProfileFacts,
} from '@parley/core'
import type { Engine, EventOf, Params, Profile, ProfileAnswer } from '@parley/engine'
import type { Person, World } from './world.ts'

const crypto = await createNodeCrypto()

/** 16 × 12 pixels. */
export const PICTURE =
  'iVBORw0KGgoAAAANSUhEUgAAABAAAAAMCAYAAABr5z2BAAAA+ElEQVR4AcySXVUDURCDc/sCEiqhDsABOAAH4AAcgANwAA7AATiohEqAt5Bv58zu9mCg097NTWaS/d386MwHbb3Xzt+69Ieu/K5bv+jOz3r0g558r1ff6M3X+vSFvrzT3lsdfK5fb6ShLk+bIec3osNHtOaa9Ajz30pAM8fCHuwQLIpenJ1FEQtqHcAQYuGIrc9cSM9RCzmyVleguTnEmRkmrDFiJgys1lFANdcmx7JwYglf+esWSmSYFriY6vKLK3EWBQdVAcdiN0HHMjIJBua30FwEmM60xnR0TGzAClEUi4KDvQYBZVNqGXIsNUy3b+P/MziF7+APAAD//+iiLWAAAAAGSURBVAMAMfh3+eE9c0sAAAAASUVORK5CYII='
export const pictureBytes = (): Uint8Array => parseBase64(PICTURE) ?? new Uint8Array(0)

/** Everything that one stream answers. */
export async function answersOf(
  { engine }: { readonly engine: Engine },
  ids: readonly string[],
  priority: NonNullable<Params<'profiles.fetch'>['priority']> = 'visible',
): Promise<readonly ProfileAnswer[]> {
  const answers: ProfileAnswer[] = []
  for await (const answer of engine.stream('profiles.fetch', { ids: [...ids], priority })) answers.push(answer)
  return answers
}

/** The same, with as much time as it may need. */
export async function lookedUp(
  world: World,
  person: Person,
  ids: readonly string[],
  priority: NonNullable<Params<'profiles.fetch'>['priority']> = 'visible',
): Promise<readonly ProfileAnswer[]> {
  const answers = answersOf(person, ids, priority)
  await world.pass(30_000)
  return answers
}

/** What `person` knows of `account` at once; `undefined` when nothing. */
export async function known(person: Person, account: string): Promise<Profile | undefined> {
  const [answer] = await person.engine.call('profiles.cached', { ids: [account] })
  return answer?.profile
}

/** Collects every event of this name from now on. */
export function heard<E extends 'profiles.changed'>({ engine }: Person, event: E): EventOf<E>[] {
  const events: EventOf<E>[] = []
  engine.on(event, (payload) => events.push(payload))
  return events
}

/** A record that is really signed by this person's root key, whatever it says. */
export async function signedBy(person: Person, now: number, facts: Partial<ProfileFacts>): Promise<Uint8Array> {
  const { phrase } = await person.engine.call('me.recoveryPhrase', {})
  const { rootSeed } = await deriveAccountSecrets(crypto, phrase)
  const record = await createProfileRecord(
    crypto,
    rootSeed,
    {
      name: person.name,
      handle: '',
      location: '',
      about: '',
      extra: {},
      avatar: undefined,
      addresses: [],
      invite: undefined,
      isPublic: false,
      sequence: 1,
      previous: undefined,
      changedAt: now,
      notAfter: now + PROFILE_LIFETIME_MS,
      ...facts,
    },
    now,
  )
  if (!record.ok) throw new Error(`the record is ${record.reason}`)
  return record.value.bytes
}

/** Every record that this person pushes from now on. */
export const pushesOf = (person: Person): Uint8Array[] => {
  const pushes: Uint8Array[] = []
  const { profiles } = person.wire.network
  const push = profiles.push.bind(profiles)
  profiles.push = (topic, record) => {
    pushes.push(record)
    push(topic, record)
  }
  return pushes
}
