import {
  blockCid,
  challengeDigest,
  CLOCK_SKEW_MAX_MS,
  compareProfiles,
  DAY_MS,
  encodeRequest,
  PROFILE_LIFETIME_MS,
  PROFILE_TOPICS,
  profileDigest,
  profileTopic,
  type ProfileRecord,
} from '@parley/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PortError } from '../ports/port-error.ts'
import { createHolderScene, crypto, PICTURE } from '../testing/holder.ts'

describe('profiles of a holder', () => {
  it('[HLD-11] [PRF-7] the newest record of an account is kept, and never goes back', async () => {
    const { alice, bob, getProfiles, holder, profile, putProfile, random } = await createHolderScene()
    const root = random(32)
    const [first, second, third] = [1, 2, 3].map((sequence) => profile(root, { sequence }))
    if (first === undefined || second === undefined || third === undefined) throw new Error('three records')
    expect(await putProfile(alice, await second)).toBe('kept')
    expect(await putProfile(alice, await first)).toBe('older')
    expect(await putProfile(bob, await second)).toBe('kept')
    expect(await getProfiles(bob, (await first).digest)).toEqual([(await second).bytes])
    expect(await putProfile(bob, await third)).toBe('kept')
    expect(await putProfile(alice, await second)).toBe('older')
    expect(await getProfiles(bob, (await first).digest)).toEqual([(await third).bytes])
    expect(holder.figures()).toMatchObject({
      profiles: 1,
      bytes: (await third).bytes.length,
      profilePuts: { kept: 3, older: 2, refused: 0, full: 0 },
    })
  })

  it('[HLD-11] [PRF-7] of two with one sequence all holders keep the same, in any order', async () => {
    const root = new Uint8Array(32).fill(7)
    const kept: (readonly Uint8Array[])[] = []
    for (const isTurned of [false, true]) {
      const { alice, getProfiles, profile, putProfile } = await createHolderScene()
      const pair = [await profile(root, { name: 'One' }), await profile(root, { name: 'Two' })]
      for (const record of isTurned ? pair.toReversed() : pair) await putProfile(alice, record)
      kept.push(await getProfiles(alice, ...pair.map(({ digest }) => digest)))
    }
    expect(kept[0]).toHaveLength(1)
    expect(kept[0]).toEqual(kept[1])
  })

  it('[HLD-11] [HLD-7] [PRF-7] any order of puts, doubles and crashes leaves the newest that was put', async () => {
    const scene = await createHolderScene()
    const { alice, bob, clock, getProfiles, profile, putProfile, random } = scene
    const step = fc.tuple(fc.nat(7), fc.boolean(), fc.nat(4))
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        clock.elapse(60_000)
        const root = random(32)
        const records = await Promise.all(
          [1, 1, 2, 3, 3, 3, 4, 5].map((sequence, index) => profile(root, { sequence, name: `Ann ${index}` })),
        )
        let newest: ProfileRecord | undefined
        for (const [index, isAlice, chance] of steps) {
          const record = records[index]
          if (record === undefined) continue
          const order = compareProfiles(newest, record)
          expect(await putProfile(isAlice ? alice : bob, record)).toBe(order === 'older' ? 'older' : 'kept')
          if (order === 'newer') newest = record
          if (chance === 0) scene.crash()
        }
        expect(await getProfiles(bob, profileDigest(await crypto.ed25519PublicKey(root)))).toEqual([newest?.bytes])
        // room for the next account
        clock.jump(PROFILE_LIFETIME_MS + DAY_MS)
        await scene.holder.collect()
        await scene.holder.collect()
        expect(scene.holder.figures()).toMatchObject({ profiles: 0, bytes: 0 })
      }),
      { numRuns: 40 },
    )
  })

  it('[HLD-11] [PRF-4] [PRF-5] what is for contacts, forged, changed, over or too large is refused', async () => {
    const { alice, clock, holder, profile, putProfile, random } = await createHolderScene()
    const root = random(32)
    const good = await profile(root)
    const forged = good.bytes.slice()
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1
    const over = await profile(root, { notAfter: clock.now() + 1_000 })
    expect(await putProfile(alice, await profile(root, { isPublic: false }))).toBe('refused')
    expect(await putProfile(alice, { bytes: forged })).toBe('refused')
    expect(await putProfile(alice, { bytes: random(300) })).toBe('refused')
    clock.jump(1_000)
    expect(await putProfile(alice, over)).toBe('refused')
    expect(holder.figures()).toMatchObject({ profiles: 0, bytes: 0, profilePuts: { refused: 4 } })
  })

  it('[HLD-11] [MBX-7] a picture comes with its record, and is fetched and challenged by its CID', async () => {
    const { alice, ask, bob, block, deposit, holder, profile, putProfile, random } = await createHolderScene()
    const root = random(32)
    const avatar = blockCid(PICTURE)
    const record = await profile(root, { avatar })
    const fetched = async () => (await ask(bob, { type: 'fetch', cids: [avatar] }, 'blocks')).blocks
    expect(await putProfile(alice, record)).toBe('kept')
    expect(await fetched()).toEqual([])
    expect(await putProfile(alice, record, PICTURE)).toBe('kept')
    expect(await fetched()).toEqual([PICTURE])
    const envelope = block()
    await deposit(alice, envelope)
    const cids = [avatar, blockCid(envelope), avatar, blockCid(random(3))]
    expect((await ask(bob, { type: 'fetch', cids }, 'blocks')).blocks).toEqual([PICTURE, envelope])
    const nonce = random(32)
    const { digests } = await ask(bob, { type: 'challenge', nonce, cids: [avatar, blockCid(random(3))] }, 'digests')
    expect(digests).toEqual([challengeDigest(nonce, PICTURE), new Uint8Array(0)])
    expect(holder.figures()).toMatchObject({
      profiles: 1,
      blocks: 1,
      bytes: record.bytes.length + PICTURE.length + envelope.length,
    })
  })

  it('[HLD-11] a picture stays while the newest record names it', async () => {
    const { alice, ask, bob, holder, profile, putProfile, random } = await createHolderScene()
    const root = random(32)
    const avatar = blockCid(PICTURE)
    const fetched = async () => (await ask(bob, { type: 'fetch', cids: [avatar] }, 'blocks')).blocks.length
    await putProfile(alice, await profile(root, { avatar }), PICTURE)
    expect(await putProfile(alice, await profile(root, { avatar, sequence: 2 }))).toBe('kept')
    expect(await fetched()).toBe(1)
    expect(await putProfile(alice, await profile(root, { sequence: 3 }))).toBe('kept')
    expect(await fetched()).toBe(0)
    const other = await profile(random(32), { avatar })
    await putProfile(alice, await profile(root, { avatar, sequence: 4 }), PICTURE)
    await putProfile(bob, other, PICTURE)
    const last = await profile(root, { sequence: 5 })
    await putProfile(alice, last)
    // it is the picture of two accounts: the other one still names it
    expect(await fetched()).toBe(1)
    expect(holder.figures().bytes).toBe(last.bytes.length + other.bytes.length + PICTURE.length)
  })

  it('[HLD-11] [PRF-10] [PRF-11] a picture that is not the record’s own, or none, refuses all of it', async () => {
    const { alice, holder, profile, putProfile, random } = await createHolderScene()
    const root = random(32)
    const text = new TextEncoder().encode('<svg onload=alert(1)>')
    const page = Uint8Array.of(...PICTURE, ...text)
    expect(await putProfile(alice, await profile(root, { avatar: blockCid(PICTURE) }), page)).toBe('refused')
    expect(await putProfile(alice, await profile(root), PICTURE)).toBe('refused')
    for (const bad of [text, page, PICTURE.slice(0, -1), new Uint8Array(0)]) {
      expect(await putProfile(alice, await profile(root, { avatar: blockCid(bad) }), bad)).toBe('refused')
    }
    expect(holder.figures()).toMatchObject({ profiles: 0, bytes: 0 })
  })

  it('[HLD-9] pointer-only nodes keep records and no pictures', async () => {
    const scene = await createHolderScene({ isPushNode: false })
    const { alice, getProfiles, holder, profile, putProfile, random, reason } = scene
    const avatar = blockCid(PICTURE)
    const record = await profile(random(32), { avatar })
    expect(await putProfile(alice, record, PICTURE)).toBe('kept')
    expect(await getProfiles(alice, record.digest)).toEqual([record.bytes])
    expect(await reason(alice, { type: 'fetch', cids: [avatar] })).toBe('unsupported')
    expect(holder.figures()).toMatchObject({ profiles: 1, bytes: record.bytes.length })
    expect(await putProfile(alice, await profile(random(32)), PICTURE)).toBe('refused')
  })

  it('[HLD-13] end when they say so; an older one that lives longer does not come back', async () => {
    const scene = await createHolderScene()
    const { alice, ask, bob, clock, getProfiles, holder, profile, putProfile, random } = scene
    const root = random(32)
    const now = clock.now()
    const avatar = blockCid(PICTURE)
    const old = await profile(root, { sequence: 1, notAfter: now + PROFILE_LIFETIME_MS })
    const short = await profile(root, { sequence: 2, avatar, notAfter: now + 1_000 })
    expect(await putProfile(alice, short, PICTURE)).toBe('kept')
    clock.jump(1_000)
    expect(await getProfiles(bob, old.digest)).toEqual([])
    expect((await ask(bob, { type: 'fetch', cids: [avatar] }, 'blocks')).blocks).toEqual([])
    expect(await putProfile(bob, old)).toBe('older')
    await holder.collect()
    expect(holder.figures()).toMatchObject({ profiles: 1, bytes: 0, collected: 1 })
    expect(await putProfile(bob, old)).toBe('older')
    scene.crash()
    expect(await putProfile(bob, old)).toBe('older')
    clock.jump(PROFILE_LIFETIME_MS + CLOCK_SKEW_MAX_MS - 1_001)
    await scene.holder.collect()
    expect(scene.holder.figures().profiles).toBe(1)
    clock.jump(1)
    await scene.holder.collect()
    expect(scene.holder.figures()).toMatchObject({ profiles: 0, bytes: 0 })
    expect(scene.store.all('SELECT 1 FROM held_peers')).toEqual([])
    // by now nobody takes it any more
    expect(await putProfile(bob, old)).toBe('refused')
  })

  it('[HLD-13] a newer one follows one that is over', async () => {
    const { alice, clock, getProfiles, holder, profile, putProfile, random } = await createHolderScene()
    const root = random(32)
    await putProfile(alice, await profile(root, { sequence: 5, notAfter: clock.now() + 1_000 }))
    clock.jump(2 * DAY_MS)
    await holder.collect()
    const next = await profile(root, { sequence: 6 })
    expect(await putProfile(alice, next)).toBe('kept')
    expect(await getProfiles(alice, next.digest)).toEqual([next.bytes])
    expect(holder.figures()).toMatchObject({ profiles: 1, bytes: next.bytes.length })
  })

  it('[HLD-7] [HLD-11] what was acknowledged is there after a crash, what failed is not', async () => {
    let isFull = false
    const beforeCommit = () => {
      if (isFull) throw new PortError('STORE_FULL', 'no space left', true)
    }
    const scene = await createHolderScene({}, { beforeCommit })
    const { alice, bob, ask, getProfiles, profile, putProfile, random, reason } = scene
    const root = random(32)
    const avatar = blockCid(PICTURE)
    const record = await profile(root, { avatar })
    expect(await putProfile(alice, record, PICTURE)).toBe('kept')
    scene.crash()
    expect(await getProfiles(bob, record.digest)).toEqual([record.bytes])
    expect((await ask(bob, { type: 'fetch', cids: [avatar] }, 'blocks')).blocks).toEqual([PICTURE])
    isFull = true
    const next = await profile(root, { avatar, sequence: 2 })
    const before = scene.holder.figures()
    expect(await reason(alice, { type: 'profile.put', record: next.bytes, avatar: undefined })).toBe('full')
    expect(scene.holder.figures()).toMatchObject({ profiles: before.profiles, bytes: before.bytes })
    // nothing changes: nothing is written
    expect(await putProfile(bob, record)).toBe('kept')
    isFull = false
    scene.crash()
    expect(await getProfiles(bob, record.digest)).toEqual([record.bytes])
  })

  it('[HLD-14] tells which pushed records may go on', async () => {
    const { alice, clock, holder, profile, putProfile, random } = await createHolderScene()
    const root = random(32)
    const [first, second] = [await profile(root, { sequence: 1 }), await profile(root, { sequence: 2 })]
    const forged = first.bytes.slice()
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1
    const check = (record: Uint8Array, topic = profileTopic(first.digest)) => holder.checkProfile(topic, record)
    expect(await check(first.bytes)).toBe(true)
    expect(await check(first.bytes, (profileTopic(first.digest) + 1) % PROFILE_TOPICS)).toBe(false)
    expect(await check(forged)).toBe(false)
    expect(await check(random(100))).toBe(false)
    expect(await check((await profile(root, { isPublic: false })).bytes)).toBe(false)
    await putProfile(alice, second)
    expect(await check(first.bytes)).toBe(false)
    expect(await check(second.bytes)).toBe(true)
    expect(await check((await profile(root, { sequence: 3 })).bytes)).toBe(true)
    clock.jump(DAY_MS)
    expect(await check(second.bytes)).toBe(false)
    holder.stop()
    expect(await check((await profile(root, { sequence: 4 })).bytes)).toBe(false)
  })

  it('[HLD-8] [HLD-11] answers damaged puts, and keeps only what was signed', async () => {
    const { alice, clock, getProfiles, holder, profile, random } = await createHolderScene()
    const record = await profile(random(32), { avatar: blockCid(PICTURE) })
    const bytes = encodeRequest({ type: 'profile.put', record: record.bytes, avatar: PICTURE })
    for (let at = 0; at < bytes.length; at += 3) {
      clock.elapse(1_000)
      const changed = bytes.slice()
      changed[at] = (changed[at] ?? 0) ^ 0x10
      expect(await holder.serve(alice, changed)).toBeDefined()
      expect(await holder.serve(alice, bytes.slice(0, at))).toBeDefined()
    }
    expect(await getProfiles(alice, record.digest)).toEqual([])
    expect(holder.figures()).toMatchObject({ profiles: 0, bytes: 0, storeFailure: undefined })
  })
})

describe('a database from before profiles', () => {
  it('[HLD-7] is opened with everything that it holds', async () => {
    const scene = await createHolderScene()
    const { alice, ask, block, bob, deposit } = scene
    const stored = block()
    await deposit(alice, stored)
    for (const sql of [
      'DROP TABLE held_avatars',
      'DROP TABLE held_profiles',
      'ALTER TABLE held_peers DROP COLUMN profiles',
      'UPDATE held_version SET version = 1',
    ]) {
      scene.store.run(sql)
    }
    scene.crash()
    expect((await ask(bob, { type: 'fetch', cids: [blockCid(stored)] }, 'blocks')).blocks).toEqual([stored])
    const record = await scene.profile(scene.random(32))
    expect(await scene.putProfile(alice, record)).toBe('kept')
    expect(scene.holder.figures()).toMatchObject({ blocks: 1, profiles: 1, bytes: 512 + record.bytes.length })
  })
})
