/** Clocks that are wrong, disks that are full, and pictures that have to go: the own profile. */
import { blockCid, cidText, DAY_MS, openBazaarPeerId, parseAccount } from '@parley/core'
import { PortError } from '@parley/engine'
import { describe, expect, test } from 'vitest'
import { known, lookedUp, PICTURE, pictureBytes } from './profile-stage.ts'
import { befriend, codeOf, createWorld, type Person, type World } from './world.ts'

/** Alice said Basel, was restored on a device whose clock is a day behind, and says Chur there. */
async function restoredBehind(world: World): Promise<{ readonly back: Person; readonly carol: Person }> {
  await world.openPushNode()
  const [alice, carol] = [await world.open('Alice'), await world.open('Carol')]
  await alice.engine.call('profile.update', { visibility: 'public', location: 'Basel' })
  await world.pass(5_000)
  const { phrase } = await alice.engine.call('me.recoveryPhrase', {})
  await alice.stop()
  const back = await world.open('Alice', { recoveryPhrase: phrase, skewMs: -DAY_MS })
  await world.pass(60_000)
  await back.engine.call('profile.update', { visibility: 'public', location: 'Chur' })
  await world.pass(60_000)
  return { back, carol }
}

async function locationSeenBy(world: World, reader: Person, { account }: Person): Promise<string | undefined> {
  const id = openBazaarPeerId(parseAccount(account) ?? new Uint8Array(0))
  const [answer] = await lookedUp(world, reader, [id])
  return answer?.profile?.location
}

describe('attack: own profile', () => {
  test('[PFX-2] an account restored with a clock that is a day behind is found with what it says now', async () => {
    await using world = await createWorld()
    const { back, carol } = await restoredBehind(world)
    expect(await locationSeenBy(world, carol, back)).toBe('Chur')
  })

  test('[PFX-2] and at the latest when its clock is right again', async () => {
    await using world = await createWorld()
    const { back, carol } = await restoredBehind(world)
    await world.restart(back)
    await world.pass(2 * 3_600_000)
    expect(await locationSeenBy(world, carol, back)).toBe('Chur')
  })

  test('[PFX-16] the own picture is never the one that goes, whatever the clock says', async () => {
    await using world = await createWorld()
    const alice = await world.open('Alice')
    alice.disk.store.run('INSERT INTO avatars (cid, image_sealed, size, used_at) VALUES (?, ?, ?, ?)', [
      'another',
      new Uint8Array(1),
      64 * 1_048_576,
      world.clock.now() + DAY_MS,
    ])
    const { avatar } = await alice.engine.call('profile.setAvatar', { image: PICTURE })
    expect(avatar).toBe(cidText(blockCid(pictureBytes())))
    expect(await codeOf(alice.engine.call('avatars.fetch', { cid: avatar ?? '' }))).toBe('done')
  })
})

describe('attack: the disk', () => {
  test('[PFX-2] [DLV-12] full while a profile changes: the owner is told, nothing is half-changed, and it works when there is room', async () => {
    await using world = await createWorld()
    await world.openPushNode()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    await befriend(world, alice, bob)
    const before = await alice.engine.call('profile.get', {})
    alice.disk.isFull = true
    const words = { name: 'Alicia', location: 'Chur', visibility: 'public' } as const
    expect(await codeOf(alice.engine.call('profile.update', words))).toBe('STORE_FULL')
    expect(await codeOf(alice.engine.call('profile.setAvatar', { image: PICTURE }))).toBe('STORE_FULL')
    expect(await alice.engine.call('profile.get', {})).toEqual(before)
    expect((await alice.engine.call('me.get', {})).name).toBe('Alice')
    expect(await alice.engine.call('invites.list', {})).toHaveLength(1)
    await world.pass(5_000)
    expect((await known(bob, alice.account))?.name).toBe('Alice')
    alice.disk.isFull = false
    await alice.engine.call('profile.update', words)
    await world.pass(5_000)
    expect((await known(bob, alice.account))?.name).toBe('Alicia')
  })

  test('[PFX-4] that fails once while a contact asks: the link goes on answering', async () => {
    await using world = await createWorld()
    const [alice, bob] = [await world.open('Alice'), await world.open('Bob')]
    await befriend(world, alice, bob)
    await world.pass(5_000)
    const rejections: unknown[] = []
    const noted = (error: unknown) => rejections.push(error)
    process.on('unhandledRejection', noted)
    try {
      let isHit = false
      const all = alice.disk.store.all.bind(alice.disk.store)
      let isBroken = false
      alice.disk.store.all = (sql, parameters) => {
        if (isBroken && (new Error('where').stack ?? '').includes('ownFor')) {
          isHit = true
          throw new PortError('STORE_FAILED', 'a sector is unreadable', true)
        }
        return all(sql, parameters)
      }
      isBroken = true
      // his question when the link opens again
      bob.wire.setOnline(false)
      await world.pass(1_000)
      bob.wire.setOnline(true)
      await world.pass(70_000)
      isBroken = false
      await world.pass(60_000)
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
      expect([isHit, rejections]).toEqual([true, []])
      await alice.engine.call('profile.update', { location: 'Chur' })
      await lookedUp(world, bob, [alice.account])
      expect((await known(bob, alice.account))?.location).toBe('Chur')
    } finally {
      process.off('unhandledRejection', noted)
    }
  })
})
