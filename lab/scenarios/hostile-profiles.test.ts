/** Contacts, strangers and push nodes that lie about who somebody is: what a reader believes, keeps and shows. */
import {
  blockCid,
  cidText,
  CLOCK_SKEW_MAX_MS,
  DAY_MS,
  decodeResponse,
  encodeResponse,
  PROFILE_FRESH_MS,
  profileTopic,
  utf8,
  type ProfileFacts,
  type ProfileRecord,
} from '@parley/core'
import { seededRandom } from '@parley/adapter-memory'
import type { Profile } from '@parley/engine'
import { describe, expect, test } from 'vitest'
import { PICTURE, signedProfile } from './profile-records.ts'
import { befriend, codeOf, createWorld, type Person, type PushNode, type World } from './world.ts'

const random = seededRandom(72)

/** Bob reads; Alice and Mallory are his contacts, and do not know each other. */
async function createStage() {
  const world = await createWorld()
  const node = await world.openPushNode()
  const [alice, bob, mallory] = [await world.open('Alice'), await world.open('Bob'), await world.open('Mallory')]
  await befriend(world, alice, bob)
  await befriend(world, mallory, bob)
  await world.pass(10_000)
  return { world, node, alice, bob, mallory, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() }
}

/** What `reader` has of `person`, without asking anybody. */
async function known(reader: Person, { account }: { readonly account: string }): Promise<Profile | undefined> {
  const [answer] = await reader.engine.call('profiles.cached', { ids: [account] })
  return answer?.profile
}

/** What `reader` finds of `person`, and where. */
async function found(world: World, reader: Person, { account }: { readonly account: string }) {
  const answers: { readonly outcome: string; readonly source: string; readonly about: string | undefined }[] = []
  const asking = (async () => {
    for await (const { outcome, source, profile } of reader.engine.stream('profiles.fetch', { ids: [account] })) {
      answers.push({ outcome, source, about: profile?.about })
    }
  })()
  await world.pass(30_000)
  await asking
  return answers
}

const next = async (world: World, person: Person, reader: Person, changes: Partial<ProfileFacts> = {}) =>
  signedProfile(world, person, { sequence: ((await known(reader, person))?.version ?? 0) + 10, ...changes })

/** Mallory says it over her own link. */
async function say(world: World, from: Person, to: Person, record: Uint8Array): Promise<void> {
  to.wire.inject(from.peerId, { type: 'profile', record })
  await world.pass(2_000)
}

/** Mallory pushes it to everybody who listens. */
async function push(world: World, from: Person, { digest }: ProfileRecord, record: Uint8Array): Promise<void> {
  from.wire.network.profiles.push(profileTopic(digest), record)
  await world.pass(2_000)
}

/** Records asked of `node` are answered with these. */
function answerProfiles(node: PushNode, records: readonly Uint8Array[]): void {
  node.bend = (answer) => {
    const response = answer && decodeResponse(answer)
    return response?.type === 'profiles' ? encodeResponse({ type: 'profiles', records }) : answer
  }
}

describe('a reader of profiles', () => {
  test('[PRF-7] is told the old record again, over every way: the newest stays', async () => {
    await using stage = await createStage()
    const { world, alice, bob, mallory, node } = stage
    const old = await next(world, alice, bob, { about: 'old' })
    const recent = await next(world, alice, bob, { about: 'new', sequence: old.sequence + 1 })
    await say(world, alice, bob, recent.bytes)
    expect((await known(bob, alice))?.about).toBe('new')
    await say(world, alice, bob, old.bytes)
    await push(world, mallory, old, old.bytes)
    answerProfiles(node, [old.bytes])
    await world.pass(2 * PROFILE_FRESH_MS)
    await found(world, bob, alice)
    expect((await known(bob, alice))?.about).toBe('new')
    const back = await world.restart(bob)
    await push(world, mallory, old, old.bytes)
    expect((await known(back, alice))?.about).toBe('new')
  })

  test('[PRF-1] is told forged records, and records of another in place of one’s own', async () => {
    await using stage = await createStage()
    const { world, alice, bob, mallory, node } = stage
    const before = await known(bob, alice)
    const good = await next(world, alice, bob, { name: 'Alice the second' })
    const forged = good.bytes.slice()
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1
    await say(world, alice, bob, forged)
    await push(world, mallory, good, forged)
    answerProfiles(node, [forged])
    await found(world, bob, alice)
    expect(await known(bob, alice)).toEqual(before)
    // what Alice signed, on Mallory's link: it is not Mallory's
    const malloryBefore = await known(bob, mallory)
    await say(world, mallory, bob, good.bytes)
    expect(await known(bob, mallory)).toEqual(malloryBefore)
    // what Mallory signed, where Alice was asked for
    const own = await next(world, mallory, bob, { name: 'Alice' })
    answerProfiles(node, [own.bytes])
    await found(world, bob, alice)
    expect(await known(bob, alice)).toEqual(before)
  })

  test('[PRF-8] asks for a stranger, and is given somebody else or a forgery: nobody is found', async () => {
    await using stage = await createStage()
    const { world, bob, mallory, node } = stage
    const stranger = await world.open('Stranger')
    const good = await signedProfile(world, stranger, { about: 'real' })
    const own = await signedProfile(world, mallory, { about: 'Mallory’s' })
    const forged = good.bytes.slice()
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1
    for (const lie of [[own.bytes], [forged], [random(200)], [good.bytes.slice(0, -1)], [own.bytes, good.bytes]]) {
      answerProfiles(node, lie)
      const [answer] = await found(world, bob, stranger)
      expect(answer).toMatchObject({ source: 'none', about: undefined })
    }
    answerProfiles(node, [good.bytes])
    expect(await found(world, bob, stranger)).toEqual([{ outcome: 'found', source: 'holder', about: 'real' }])
  })

  test('[PRF-4] is given what a stranger told contacts alone: it takes nothing, and goes on asking', async () => {
    await using stage = await createStage()
    const { world, bob, mallory, node } = stage
    const stranger = await world.open('Stranger')
    const sequence = Math.floor(world.clock.now() / 1_000)
    const secret = await signedProfile(world, stranger, { about: 'secret', isPublic: false, sequence: sequence + 5 })
    const open = await signedProfile(world, stranger, { about: 'open', sequence })
    answerProfiles(node, [secret.bytes])
    expect(await found(world, bob, stranger)).toEqual([{ outcome: 'unknown', source: 'none', about: undefined }])
    answerProfiles(node, [open.bytes])
    expect(await found(world, bob, stranger)).toEqual([{ outcome: 'found', source: 'holder', about: 'open' }])
    await push(world, mallory, secret, secret.bytes)
    answerProfiles(node, [secret.bytes])
    await world.pass(2 * PROFILE_FRESH_MS)
    await found(world, bob, stranger)
    expect((await known(bob, stranger))?.about).toBe('open')
    const later = await signedProfile(world, stranger, { about: 'later', sequence: sequence + 9 })
    answerProfiles(node, [later.bytes])
    await found(world, bob, stranger)
    expect((await known(bob, stranger))?.about).toBe('later')
  })

  test('[PRF-5] is told what is over, or from years ahead', async () => {
    await using stage = await createStage()
    const { world, alice, bob, mallory } = stage
    const before = await known(bob, alice)
    const short = await next(world, alice, bob, { about: 'over', notAfter: world.clock.now() + 1_000 })
    await world.pass(1_000)
    await say(world, alice, bob, short.bytes)
    await push(world, mallory, short, short.bytes)
    expect((await known(bob, alice))?.about).toBe(before?.about)
    // it was signed by a clock that is ahead of everybody's
    const ahead = { ...world, clock: { ...world.clock, now: () => world.clock.now() + CLOCK_SKEW_MAX_MS + 60_000 } }
    const early = await next(ahead, alice, bob, { about: 'early' })
    await say(world, alice, bob, early.bytes)
    expect((await known(bob, alice))?.about).toBe(before?.about)
  })

  test('[PRF-3] is shown nothing that reorders, hides or breaks the line', async () => {
    await using stage = await createStage()
    const { world, alice, bob } = stage
    const record = await next(world, alice, bob, {
      name: 'Ali\u202ece\n\u200b Admin',
      location: '\u2067Wien\u0000',
      about: 'one\r\n\u202etwo\u2066',
      extra: { shop: '\u202eopen' },
    })
    await say(world, alice, bob, record.bytes)
    const profile = await known(bob, alice)
    expect(profile).toMatchObject({ name: 'Alice Admin', location: 'Wien', extra: { shop: 'open' } })
    expect(JSON.stringify(profile)).not.toMatch(/[\u202a-\u202e\u0000]/u)
    const contacts = await bob.engine.call('conversations.list', {})
    expect(contacts.map(({ name }) => name)).toContain('Alice Admin')
  })

  test('[PRF-10] [PRF-11] is given pictures that are others, pages, bombs, or none: it keeps and shows none of them', async () => {
    await using stage = await createStage()
    const { world, alice, bob, node } = stage
    const bomb = PICTURE.slice()
    new DataView(bomb.buffer).setUint32(16, 65_535)
    const pages = [
      bomb,
      Uint8Array.of(...PICTURE, ...utf8('<script>')),
      utf8('<svg onload="alert(1)"/>'),
      random(65_536),
    ]
    let sequence = (await known(bob, alice))?.version ?? 0
    for (const page of pages) {
      const cid = blockCid(page)
      sequence += 1
      const record = await signedProfile(world, alice, { avatar: cid, sequence })
      await say(world, alice, bob, record.bytes)
      bob.wire.inject(alice.peerId, { type: 'avatar', cid, image: page })
      node.bend = (answer) =>
        answer && decodeResponse(answer)?.type === 'blocks'
          ? encodeResponse({ type: 'blocks', blocks: [page] })
          : answer
      const fetching = codeOf(bob.engine.call('avatars.fetch', { cid: cidText(cid) }))
      await world.pass(30_000)
      expect(await fetching).toBe('AVATAR_NOT_FOUND')
    }
    // another picture than the one that was asked for
    const cid = blockCid(random(3))
    const record = await signedProfile(world, alice, { avatar: cid, sequence: sequence + 1 })
    await say(world, alice, bob, record.bytes)
    node.bend = (answer) =>
      answer && decodeResponse(answer)?.type === 'blocks'
        ? encodeResponse({ type: 'blocks', blocks: [PICTURE] })
        : answer
    const fetching = codeOf(bob.engine.call('avatars.fetch', { cid: cidText(cid) }))
    bob.wire.inject(alice.peerId, { type: 'avatar', cid, image: PICTURE })
    await world.pass(30_000)
    expect(await fetching).toBe('AVATAR_NOT_FOUND')
    expect(bob.disk.store.all('SELECT count(*) AS count FROM avatars')[0]?.['count']).toBe(0)
  })

  test('[PRF-2] is flooded with versions: it goes on, keeps a bounded number, and shows the last', async () => {
    await using stage = await createStage()
    const { world, alice, bob, mallory } = stage
    const first = ((await known(bob, mallory))?.version ?? 0) + 1
    let last: ProfileRecord | undefined
    for (let count = 0; count < 300; count++) {
      last = await signedProfile(world, mallory, { about: `version ${count}`, sequence: first + count })
      bob.wire.inject(mallory.peerId, { type: 'profile', record: last.bytes })
    }
    await world.pass(10_000)
    expect((await known(bob, mallory))?.version).toBe(last?.sequence)
    const kept = await bob.engine.call('profiles.history', { account: mallory.account })
    expect(kept.length).toBeLessThanOrEqual(100)
    const good = await next(world, alice, bob, { about: 'still heard' })
    await say(world, alice, bob, good.bytes)
    expect((await known(bob, alice))?.about).toBe('still heard')
  })

  test('[PRF-7] a record that anybody pushes again does not pass for one that its owner has just confirmed', async () => {
    await using stage = await createStage()
    const { world, alice, bob, mallory, node } = stage
    const old = await next(world, alice, bob, { about: 'old', notAfter: world.clock.now() + 20 * DAY_MS })
    await say(world, alice, bob, old.bytes)
    const recent = await next(world, alice, bob, { about: 'new' })
    answerProfiles(node, [recent.bytes])
    alice.wire.setOnline(false)
    for (let minutes = 0; minutes < 150; minutes += 10) {
      await push(world, mallory, old, old.bytes)
      await world.pass(10 * 60_000)
    }
    await found(world, bob, alice)
    await world.pass(30_000)
    expect((await known(bob, alice))?.about).toBe('new')
  })
})
