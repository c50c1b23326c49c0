/** Profiles that anybody may look up: with push nodes, over gossip, by name; and taken back. */
import {
  decodeRequest,
  encodeRequest,
  openBazaarPeerId,
  parseAccount,
  PROFILE_REPUBLISH_MS,
  type MailboxRequest,
} from '@parley/core'
import { PortError, type NameServicePort } from '@parley/engine'
import { describe, expect, test } from 'vitest'
import { known, lookedUp, PICTURE, pushesOf, signedBy } from './profile-stage.ts'
import { ask, befriend, codeOf, createWorld, onlyRequest, type Person, type PushNode } from './world.ts'

const oldId = (person: Person): string => openBazaarPeerId(parseAccount(person.account) ?? new Uint8Array(0))
const requests = <T extends MailboxRequest['type']>(push: PushNode, type: T) =>
  push.requests.flatMap((bytes) => {
    const request = decodeRequest(bytes)
    return isOfType(request, type) ? [request] : []
  })
const isOfType = <T extends MailboxRequest['type']>(
  request: MailboxRequest | undefined,
  type: T,
): request is Extract<MailboxRequest, { type: T }> => request?.type === type
const publish = ({ engine }: Person, words: object = {}) =>
  engine.call('profile.update', { ...words, visibility: 'public' })

describe('a public profile', () => {
  test('[PFX-8] [PFX-10] [PFX-15] is found by a stranger while its owner is away, under both names, and leads to contact', async () => {
    await using world = await createWorld()
    await world.openPushNode()
    const [alice, carol] = [await world.open('Alice'), await world.open('Carol')]
    await alice.engine.call('profile.setAvatar', { image: PICTURE })
    expect((await publish(alice, { location: 'Basel' })).publishedAt).toBeUndefined()
    await world.pass(5_000)
    expect((await alice.engine.call('profile.get', {})).publishedAt).toBeGreaterThan(0)
    await alice.stop()
    const answers = await lookedUp(world, carol, [alice.account, oldId(alice), oldId(alice)])
    expect(answers.map(({ id, outcome, source }) => [id, outcome, source])).toEqual([
      [alice.account, 'found', 'holder'],
      [oldId(alice), 'found', 'holder'],
    ])
    const profile = answers[0]?.profile
    expect(profile).toMatchObject({ account: alice.account, name: 'Alice', location: 'Basel' })
    const picture = carol.engine.call('avatars.fetch', { cid: profile?.avatar ?? '' })
    await world.pass(1_000)
    expect((await picture).image).toBe(PICTURE)
    expect(await carol.engine.call('profiles.cached', { ids: [oldId(alice)] })).toMatchObject([
      { outcome: 'found', isFresh: true, source: 'cache' },
    ])
    await carol.engine.call('contacts.add', { link: profile?.invite ?? '', text: 'found you' })
    const back = await world.restart(alice)
    await world.pass(30_000)
    expect((await onlyRequest(back)).text).toBe('found you')
  })

  test('[PFX-8] a kill between the commit and the push: it is put and pushed at the next start', async () => {
    await using world = await createWorld()
    const push = await world.openPushNode()
    const alice = await world.open('Alice')
    await world.pass(2_000)
    await publish(alice, { location: 'Basel' })
    expect(requests(push, 'profile.put')).toEqual([])
    const back = await world.restart(alice)
    const pushes = pushesOf(back)
    await world.pass(2_000)
    expect([requests(push, 'profile.put').length, pushes.length]).toEqual([1, 1])
    expect((await back.engine.call('profile.get', {})).publishedAt).toBeGreaterThan(0)
  })

  test('[PFX-8] goes to a push node that comes later, is tried again, and is put anew twice a day', async () => {
    await using world = await createWorld()
    const push = await world.openPushNode()
    const alice = await world.open('Alice')
    push.stop()
    await publish(alice)
    await world.pass(20_000)
    expect((await alice.engine.call('profile.get', {})).publishedAt).toBeUndefined()
    push.resume()
    await world.pass(20_000)
    expect((await alice.engine.call('profile.get', {})).publishedAt).toBeGreaterThan(0)
    const before = requests(push, 'profile.put').length
    for (let time = 0; time < 4; time++) await world.pass(PROFILE_REPUBLISH_MS / 2)
    expect(requests(push, 'profile.put').length).toBeGreaterThanOrEqual(before + 1)
  })

  test('[PFX-8] [PFX-14] a change is heard by a contact who is not linked; what a stranger pushes is not', async () => {
    await using world = await createWorld()
    await world.openPushNode()
    const [alice, bob, carol] = [await world.open('Alice'), await world.open('Bob'), await world.open('Carol')]
    await befriend(world, alice, bob)
    await publish(alice)
    await world.pass(2_000)
    // Links are cut, and nothing else.
    bob.wire.setOnline(false)
    alice.wire.setOnline(false)
    await world.pass(1_000)
    await alice.engine.call('profile.update', { location: 'Basel' })
    await publish(carol, { location: 'Chur' })
    await world.pass(2_000)
    expect((await known(bob, alice.account))?.location).toBe('Basel')
    expect(await known(bob, carol.account)).toBeUndefined()
  })

  test('[PFX-7] its invite is replaced when it works no longer', async () => {
    await using world = await createWorld()
    await world.openPushNode()
    const alice = await world.open('Alice')
    const { invite, version } = await publish(alice)
    expect(invite).toBeDefined()
    const [made] = await alice.engine.call('invites.list', {})
    expect(made?.link).toBe(invite)
    await alice.engine.call('profile.update', { location: 'Basel' })
    expect((await alice.engine.call('profile.get', {})).invite).toBe(invite)
    await alice.engine.call('invites.revoke', { id: made?.id ?? '' })
    await world.pass(61_000)
    const renewed = await alice.engine.call('profile.get', {})
    expect(renewed.version).toBeGreaterThan(version + 1)
    expect((await alice.engine.call('invites.list', {})).map(({ link }) => link)).toEqual([renewed.invite])
  })

  test('[PFX-9] taken back, it is found by nobody, contacts see what is for them, and nothing of it is put again', async () => {
    await using world = await createWorld()
    const push = await world.openPushNode()
    let [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    const [carol, dave] = [await world.open('Carol'), await world.open('Dave')]
    await befriend(world, alice, bob)
    await publish(alice, { location: 'Basel' })
    await world.pass(5_000)
    expect(await lookedUp(world, carol, [alice.account])).toMatchObject([{ outcome: 'found' }])
    await bob.stop()
    const kept = await alice.engine.call('profile.update', { visibility: 'contacts', handle: 'alice' })
    expect(kept).toMatchObject({ location: 'Basel', visibility: 'contacts' })
    expect(kept.invite).toBeUndefined()
    const atRest = await world.restart(alice)
    alice = atRest
    await world.pass(5_000)
    expect(await lookedUp(world, dave, [alice.account])).toMatchObject([{ outcome: 'unknown' }])
    await world.pass(3_700_000)
    await lookedUp(world, carol, [alice.account])
    expect(await lookedUp(world, carol, [alice.account])).toMatchObject([{ outcome: 'unknown' }])
    expect(await known(carol, alice.account)).toBeUndefined()
    bob = await world.restart(bob)
    await world.pass(70_000)
    expect(await known(bob, alice.account)).toMatchObject({ name: 'Alice', handle: 'alice', location: 'Basel' })
    const last = requests(push, 'profile.put').at(-1)
    expect(Buffer.from(last?.record ?? []).includes('Basel')).toBe(false)
    expect(Buffer.from(last?.record ?? []).includes('Alice')).toBe(false)
    // And public again: what was taken back is there again.
    await publish(alice)
    await world.pass(5_000)
    expect(await lookedUp(world, dave, [alice.account])).toMatchObject([{ outcome: 'found' }])
  })
})

describe('a profile for contacts', () => {
  test('[PFX-3] [PFX-11] never reaches a holder, a listener or a stranger, and nobody is asked for it but its owner', async () => {
    await using world = await createWorld()
    const push = await world.openPushNode()
    const [alice, bob, carol] = [await world.open('Alice'), await world.open('Bob'), await world.open('Carol')]
    const pushes = [...[alice, bob, carol].map(pushesOf)]
    await befriend(world, alice, bob)
    await alice.engine.call('profile.update', { location: 'Basel', handle: 'alice' })
    await alice.engine.call('profile.setAvatar', { image: PICTURE })
    await world.pass(20_000)
    bob.wire.setOnline(false)
    // Bob knows it, and looks again and again.
    for (let hour = 0; hour < 3; hour++) {
      await world.pass(3_700_000)
      await lookedUp(world, bob, [alice.account])
    }
    expect(await known(bob, alice.account)).toMatchObject({ location: 'Basel' })
    expect([...requests(push, 'profile.put'), ...requests(push, 'profile.get'), ...pushes.flat()]).toEqual([])
    expect(await lookedUp(world, carol, [alice.account])).toMatchObject([{ outcome: 'unknown' }])
    expect(requests(push, 'profile.get')).toHaveLength(1)
    expect(push.requests.filter((bytes) => Buffer.from(bytes).includes('Basel'))).toEqual([])
  })
})

describe('an account that was restored', () => {
  test('[PFX-2] goes on with the profile that it had published, and behind its sequence', async () => {
    await using world = await createWorld()
    await world.openPushNode()
    const alice = await world.open('Alice')
    await alice.engine.call('profile.setAvatar', { image: PICTURE })
    const before = await publish(alice, { location: 'Basel' })
    await world.pass(5_000)
    const { phrase } = await alice.engine.call('me.recoveryPhrase', {})
    await alice.stop()
    const restored = await world.open('', { recoveryPhrase: phrase })
    await world.pass(10_000)
    const after = await restored.engine.call('profile.get', {})
    expect(after).toMatchObject({ name: 'Alice', location: 'Basel', visibility: 'public', avatar: before.avatar })
    expect(after.version).toBeGreaterThan(before.version)
    expect((await restored.engine.call('avatars.fetch', { cid: after.avatar ?? '' })).image).toBe(PICTURE)
  })

  test('[PFX-2] keeps what its owner wrote since, and publishes nothing before it has asked', async () => {
    await using world = await createWorld()
    const push = await world.openPushNode()
    const alice = await world.open('Alice')
    const before = await publish(alice, { location: 'Basel' })
    await world.pass(5_000)
    const { phrase } = await alice.engine.call('me.recoveryPhrase', {})
    await alice.stop()
    push.stop()
    let restored = await world.open('Alicia', { recoveryPhrase: phrase })
    await publish(restored, { location: 'Bern' })
    await world.pass(10_000)
    restored = await world.restart(restored)
    push.resume()
    const puts = requests(push, 'profile.put').length
    await world.pass(60_000)
    const kinds = push.requests.flatMap((bytes) => decodeRequest(bytes)?.type ?? [])
    expect(kinds.lastIndexOf('profile.get')).toBeLessThan(kinds.lastIndexOf('profile.put'))
    expect(requests(push, 'profile.put').length).toBeGreaterThan(puts)
    const after = await restored.engine.call('profile.get', {})
    expect(after).toMatchObject({ name: 'Alicia', location: 'Bern', visibility: 'public' })
    expect(after.version).toBeGreaterThan(before.version)
  })
})

test('[PFX-2] [PFX-8] a newer record of ours that somebody else has put is found, and ours goes behind it', async () => {
  await using world = await createWorld()
  const push = await world.openPushNode()
  const [alice, carol] = [await world.open('Alice'), await world.open('Carol')]
  const { version } = await publish(alice, { location: 'Basel' })
  await world.pass(5_000)
  const other = await signedBy(alice, world.clock.now(), {
    isPublic: true,
    location: 'Bern',
    sequence: version + 1_000,
  })
  const put = encodeRequest({ type: 'profile.put', record: other, avatar: undefined })
  const answer = carol.wire.network.mailbox.request(push.address, put, new AbortController().signal)
  await world.pass(100)
  await answer
  expect(await lookedUp(world, carol, [alice.account])).toMatchObject([{ profile: { location: 'Bern' } }])
  await alice.engine.call('profile.update', { location: 'Chur' })
  await world.pass(20_000)
  const after = await alice.engine.call('profile.get', {})
  expect(after.location).toBe('Chur')
  expect(after.version).toBe(version + 1_001)
  expect(after.publishedAt).toBeGreaterThan(0)
})

describe('looking up', () => {
  test('[PFX-12] says unknown only when somebody was asked, and failed when nobody could be', async () => {
    await using world = await createWorld()
    const push = await world.openPushNode()
    const [alice, carol] = [await world.open('Alice'), await world.open('Carol')]
    expect(await lookedUp(world, carol, [alice.account])).toMatchObject([{ outcome: 'unknown', source: 'none' }])
    push.stop()
    expect(await lookedUp(world, carol, [alice.account])).toMatchObject([{ outcome: 'failed', source: 'none' }])
  })

  test('[PFX-12] a push node that says nothing, lies or talks rubbish changes no answer but its own', async () => {
    await using world = await createWorld()
    const [good, bad, silent] = [await world.openPushNode(), await world.openPushNode(), await world.openPushNode()]
    const [alice, carol, mallory] = [await world.open('Alice'), await world.open('Carol'), await world.open('Mallory')]
    await publish(alice, { location: 'Basel' })
    await world.pass(5_000)
    expect(good.requests.length).toBeGreaterThan(0)
    const forged = await signedBy(mallory, world.clock.now(), { isPublic: true, sequence: 9_999_999_999 })
    bad.bend = (answer) => (answer === undefined ? answer : Uint8Array.from([...answer.subarray(0, 3), ...forged]))
    silent.bend = () => undefined
    const answers = await lookedUp(world, carol, [alice.account, mallory.account])
    expect(answers.map(({ outcome }) => outcome).toSorted()).toEqual(['found', 'unknown'])
  })

  test('[PFX-13] asks for the IPNS name when nobody else knew', async () => {
    await using world = await createWorld()
    await world.openPushNode()
    const [alice, dave] = [await world.open('Alice'), await world.open('Dave')]
    const block = await signedBy(alice, world.clock.now(), { isPublic: true, location: 'Basel', sequence: 7 })
    const asked: Uint8Array[] = []
    const names: NameServicePort = {
      publish: async () => undefined,
      async resolve(publicKey) {
        asked.push(publicKey)
        return publicKey.every((byte, index) => byte === parseAccount(alice.account)?.[index]) ? block : undefined
      },
      stop: async () => undefined,
    }
    const carol = await world.open('Carol', { openNames: async () => names })
    const answers = await lookedUp(world, carol, [alice.account, dave.account])
    expect(answers.map(({ outcome, source }) => [outcome, source])).toEqual([
      ['found', 'ipns'],
      ['unknown', 'none'],
    ])
    expect(asked).toHaveLength(2)
    await publish(alice)
    await world.pass(3_000)
    expect(await lookedUp(world, carol, [alice.account])).toMatchObject([{ outcome: 'found', source: 'cache' }])
    expect(asked).toHaveLength(2)
  })

  test('[PFX-8] a name that cannot be published keeps nothing else from being published', async () => {
    await using world = await createWorld()
    await world.openPushNode()
    const published: number[] = []
    const names: NameServicePort = {
      async publish(_seed, _block, sequence) {
        published.push(sequence)
        throw new PortError('UNREACHABLE', 'nobody took it', true)
      },
      resolve: async () => undefined,
      stop: async () => undefined,
    }
    const alice = await world.open('Alice', { openNames: async () => names })
    await world.pass(5_000)
    expect(published).toEqual([])
    const { version } = await publish(alice)
    await world.pass(5_000)
    expect(published).toEqual([version])
    expect((await alice.engine.call('profile.get', {})).publishedAt).toBeGreaterThan(0)
  })

  test('[PFX-12] a stream that is left or aborted ends, and the engine ends what runs', async () => {
    await using world = await createWorld()
    const names: NameServicePort = {
      publish: async () => undefined,
      resolve: () => new Promise(() => undefined),
      stop: async () => undefined,
    }
    const alice = await world.open('Alice')
    const carol = await world.open('Carol', { openNames: async () => names })
    const aborter = new AbortController()
    const ids = [alice.account]
    const next = (signal?: AbortSignal) =>
      carol.engine.stream('profiles.fetch', { ids }, signal)[Symbol.asyncIterator]().next()
    const aborted = next(aborter.signal).catch((error: unknown) => String(error))
    await world.pass(10)
    aborter.abort('enough')
    expect(await aborted).toBe('enough')
    const closed = codeOf(next())
    await world.pass(10)
    await carol.stop()
    expect(await closed).toBe('CLOSED')
  })
})

test('[PFX-3] whoever was invited sees a public profile over the link, before there is a contact', async () => {
  await using world = await createWorld()
  const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
  await publish(alice, { location: 'Basel' })
  await ask(world, bob, alice)
  await world.pass(10_000)
  expect((await known(bob, alice.account))?.location).toBe('Basel')
  expect(await known(alice, bob.account)).toBeUndefined()
})
