/** What people say of themselves among contacts: told at once, newest first, believed when it is signed. */
import { PROFILE_FRESH_MS, PROFILE_LIFETIME_MS } from '@parley/core'
import { describe, expect, test } from 'vitest'
import { answersOf, heard, known, lookedUp, PICTURE, pictureBytes, signedBy } from './profile-stage.ts'
import { ask, befriend, codeOf, createWorld, onlyRequest, type Person, type World } from './world.ts'

async function friends(world: World): Promise<{ alice: Person; bob: Person; id: string }> {
  const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
  const id = await befriend(world, alice, bob)
  await world.pass(1_000)
  return { alice, bob, id }
}

const rowOf = async ({ engine }: Person) => (await engine.call('conversations.list', {}))[0]

describe('among contacts', () => {
  test('[PFX-1] [PFX-6] [PFX-10] a change is seen by a linked contact at once, and is its name', async () => {
    await using world = await createWorld()
    const { alice, bob } = await friends(world)
    const changed = heard(bob, 'profiles.changed')
    const live = bob.engine.live('conversations.list', {})
    await world.pass(100)
    await alice.engine.call('profile.update', { name: 'Alice of Basel', handle: 'alice', location: 'Basel' })
    await world.pass(100)
    expect(changed.flatMap(({ profiles }) => profiles.map(({ name }) => name))).toEqual(['Alice of Basel'])
    expect(live.peek()?.[0]).toMatchObject({ name: 'Alice of Basel', handle: 'alice', location: 'Basel' })
    live.dispose()
    const [answer] = await bob.engine.call('profiles.cached', { ids: [alice.account] })
    expect(answer).toMatchObject({ outcome: 'found', isFresh: true, source: 'cache' })
    expect((await alice.engine.call('me.get', {})).name).toBe('Alice of Basel')
    expect(await bob.engine.call('profiles.history', { account: alice.account })).toHaveLength(2)
    await bob.engine.call('contacts.rename', { account: alice.account, name: 'the owl' })
    await alice.engine.call('profile.update', { name: 'A.' })
    await world.pass(500)
    const [contact] = await bob.engine.call('contacts.list', {})
    expect(contact).toMatchObject({ name: 'the owl', claimedName: 'A.', handle: 'alice' })
  })

  test('[PFX-1] what changed while the other was away is told when the link opens, both ways, also after a restart', async () => {
    await using world = await createWorld()
    const { alice, bob } = await friends(world)
    await bob.stop()
    await alice.engine.call('profile.update', { location: 'Basel' })
    const again = await world.restart(alice)
    const back = await world.restart(bob)
    await world.pass(70_000)
    expect((await known(back, alice.account))?.location).toBe('Basel')
    back.wire.setOnline(false)
    await back.engine.call('profile.update', { location: 'Bern' })
    await world.pass(5_000)
    back.wire.setOnline(true)
    await world.pass(70_000)
    expect((await known(again, bob.account))?.location).toBe('Bern')
  })

  test('[PFX-3] nothing that is for contacts goes to whoever asks, was asked, was declined or is blocked', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    await alice.engine.call('profile.update', { location: 'Basel' })
    await bob.engine.call('profile.update', { location: 'Bern' })
    await ask(world, bob, alice)
    await world.pass(20_000)
    expect([await known(alice, bob.account), await known(bob, alice.account)]).toEqual([undefined, undefined])
    expect(await lookedUp(world, bob, [alice.account])).toMatchObject([{ outcome: 'unknown' }])
    await alice.engine.call('requests.accept', { id: (await onlyRequest(alice)).id })
    await world.pass(5_000)
    expect((await known(alice, bob.account))?.location).toBe('Bern')
    expect((await known(bob, alice.account))?.location).toBe('Basel')
    await alice.engine.call('blocks.add', { account: bob.account })
    await alice.engine.call('profile.update', { location: 'Chur' })
    await world.pass(70_000)
    expect((await known(bob, alice.account))?.location).toBe('Basel')
    await alice.engine.call('blocks.remove', { account: bob.account })
    await world.pass(70_000)
    expect((await known(bob, alice.account))?.location).toBe('Chur')
  })

  test('[PFX-5] an old record, a forged one and one of somebody else are not taken, now or after a restart', async () => {
    await using world = await createWorld()
    const { alice, bob } = await friends(world)
    const carol = await world.open('Carol')
    const now = world.clock.now()
    const old = await signedBy(alice, now, { name: 'Old', sequence: Math.floor(now / 1_000) + 10 })
    bob.wire.inject(alice.peerId, { type: 'profile', record: old })
    await world.pass(500)
    const newer = await signedBy(alice, now, { name: 'Newer', sequence: Math.floor(now / 1_000) + 20 })
    bob.wire.inject(alice.peerId, { type: 'profile', record: newer })
    await world.pass(500)
    const forged = (await signedBy(alice, now, { name: 'Forged', sequence: Math.floor(now / 1_000) + 30 })).slice()
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1
    const others = await signedBy(carol, now, { name: 'Carol', sequence: 9_999_999_999 })
    const expired = await signedBy(alice, now, { name: 'Late', sequence: 9_999_999_999, notAfter: now + 1_000 })
    await world.pass(2_000)
    let reader = bob
    for (const record of [old, forged, others, expired, new Uint8Array(100)]) {
      for (const times of [1, 2]) {
        reader.wire.inject(alice.peerId, { type: 'profile', record })
        await world.pass(400 * times)
      }
      expect((await known(reader, alice.account))?.name).toBe('Newer')
      expect(await known(reader, carol.account)).toBeUndefined()
    }
    reader = await world.restart(bob)
    await world.pass(70_000)
    reader.wire.inject(alice.peerId, { type: 'profile', record: old })
    await world.pass(1_000)
    expect((await known(reader, alice.account))?.name).toBe('Newer')
    const versions = await reader.engine.call('profiles.history', { account: alice.account })
    expect(versions.map(({ name }) => name).slice(0, 2)).toEqual(['Newer', 'Old'])
  })

  test('[PFX-4] a flood of questions and of records over a link costs a few answers and a few looks', async () => {
    await using world = await createWorld()
    const { alice, bob, id } = await friends(world)
    const count = (type: string) => alice.wire.sent.filter((sent) => sent === type).length
    const before = count('profile')
    const now = world.clock.now()
    const records: Uint8Array[] = []
    for (let index = 1; index <= 60; index++) {
      records.push(await signedBy(bob, now, { name: `Bob ${index}`, sequence: Math.floor(now / 1_000) + 100 + index }))
    }
    const changes = heard(alice, 'profiles.changed')
    for (const record of records) {
      for (let times = 0; times < 5; times++) alice.wire.inject(bob.peerId, { type: 'profile.get', have: 0 })
      alice.wire.inject(bob.peerId, { type: 'profile', record })
    }
    await world.pass(1_000)
    expect(count('profile') - before).toBeLessThan(15)
    expect(changes.length).toBeLessThan(15)
    // The last one counts all the same, and the talk goes on.
    expect((await known(alice, bob.account))?.name).toBe('Bob 60')
    await bob.engine.call('messages.send', { conversation: id, text: 'still there' })
    await world.pass(1_000)
    expect((await rowOf(alice))?.unread).toBe(1)
  })

  test('[PFX-15] [PFX-16] a picture is there as soon as its record is, and is checked', async () => {
    await using world = await createWorld()
    const { alice, bob } = await friends(world)
    const { avatar = '' } = await alice.engine.call('profile.setAvatar', { image: PICTURE })
    await world.pass(1_000)
    const asked = alice.wire.sent.filter((type) => type === 'avatar').length
    expect(await bob.engine.call('avatars.fetch', { cid: avatar })).toEqual({ mediaType: 'image/png', image: PICTURE })
    expect((await rowOf(bob))?.avatar).toBe(avatar)
    expect([asked, alice.wire.sent.filter((type) => type === 'avatar').length]).toEqual([1, 1])
    for (const image of ['AAAA', 'not base64', Buffer.from('<svg/>').toString('base64')]) {
      expect(await codeOf(alice.engine.call('profile.setAvatar', { image }))).toBe('AVATAR_UNUSABLE')
    }
    expect((await alice.engine.call('profile.get', {})).avatar).toBe(avatar)
    const removed = await alice.engine.call('profile.setAvatar', { image: '' })
    await world.pass(1_000)
    expect([removed.avatar, (await rowOf(bob))?.avatar]).toEqual([undefined, undefined])
    const nobodys = avatar.replace(/...$/, 'aaa')
    expect(await codeOf(bob.engine.call('avatars.fetch', { cid: nobodys }))).toBe('AVATAR_NOT_FOUND')
    expect(pictureBytes().length).toBeGreaterThan(100)
  })

  test('[PFX-7] a record is renewed at half of its life, says the same, and is known before it ends', async () => {
    await using world = await createWorld()
    const { alice, bob } = await friends(world)
    await alice.engine.call('profile.update', { location: 'Basel' })
    await world.pass(1_000)
    const before = await known(bob, alice.account)
    for (let day = 0; day < 19; day++) await world.pass(PROFILE_LIFETIME_MS / 36)
    const after = await known(bob, alice.account)
    expect(after?.version).toBeGreaterThan(before?.version ?? Infinity)
    expect({ ...after, version: 0, addresses: [] }).toEqual({ ...before, version: 0, addresses: [] })
  })

  test('[PFX-10] what was not confirmed for an hour is given at once, as old, and looked for behind that', async () => {
    await using world = await createWorld()
    const { alice, bob } = await friends(world)
    bob.wire.setOnline(false)
    await world.pass(PROFILE_FRESH_MS + 60_000)
    const [old] = await answersOf(bob, [alice.account])
    expect(old).toMatchObject({ outcome: 'found', isFresh: false, source: 'cache' })
    bob.wire.setOnline(true)
    await world.pass(70_000)
    expect(await answersOf(bob, [alice.account])).toMatchObject([{ outcome: 'found', isFresh: true }])
  })

  test('[PFX-1] an account without a name has a profile that says so, and no record', async () => {
    await using world = await createWorld()
    const alice = await world.open('')
    expect(await alice.engine.call('profile.get', {})).toMatchObject({ name: '', visibility: 'contacts', version: 1 })
    expect(alice.disk.store.all('SELECT * FROM profiles')).toEqual([])
    expect(await codeOf(alice.engine.call('profile.update', { location: 'Basel' }))).toBe('PROFILE_MALFORMED')
    await alice.engine.call('profile.update', { name: 'Alice' })
    const long = 'x'.repeat(41)
    expect(await codeOf(alice.engine.call('profile.update', { name: long }))).toBe('PROFILE_TOO_LONG')
    expect(await codeOf(alice.engine.call('profile.update', { handle: 'two words' }))).toBe('PROFILE_MALFORMED')
    expect(await alice.engine.call('profile.get', {})).toMatchObject({ name: 'Alice', handle: '' })
    expect((await alice.engine.call('me.get', {})).name).toBe('Alice')
  })
})
