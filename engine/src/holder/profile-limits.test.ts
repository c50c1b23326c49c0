import {
  blockCid,
  HOLDER_ALLOWANCE_MAX,
  HOLDER_PROFILES_PER_PEER_MAX,
  MAILBOX_BODY_BYTES_MAX,
  PROFILE_NAMES_MAX,
} from '@parley/core'
import { describe, expect, it } from 'vitest'
import { createHolderScene, nameOf, PICTURE } from '../testing/holder.ts'

describe('the limits of profiles at a holder', () => {
  it('[HLD-12] find no room beyond the quotas; whoever puts one last is charged for it', async () => {
    const limits = { profilesPerPeerMax: 2, profilesMax: 3 }
    const { alice, bob, holder, profile, putProfile, random } = await createHolderScene({ limits })
    const [ann, ben, cem, dan] = [random(32), random(32), random(32), random(32)]
    expect(await putProfile(alice, await profile(ann))).toBe('kept')
    expect(await putProfile(alice, await profile(ben))).toBe('kept')
    expect(await putProfile(alice, await profile(cem))).toBe('full')
    expect(await putProfile(alice, await profile(ann, { sequence: 2 }))).toBe('kept')
    expect(await putProfile(bob, await profile(ann, { sequence: 3 }))).toBe('kept')
    expect(await putProfile(alice, await profile(cem))).toBe('kept')
    expect(await putProfile(bob, await profile(dan))).toBe('full')
    expect(await putProfile(bob, await profile(ben, { sequence: 2 }))).toBe('kept')
    expect(await putProfile(bob, await profile(cem, { sequence: 2 }))).toBe('full')
    expect(holder.figures()).toMatchObject({ profiles: 3, profilePuts: { kept: 6, full: 3 } })
  })

  it('[HLD-3] [HLD-12] take bytes of the same quota as blocks, their pictures too', async () => {
    const scene = await createHolderScene({ limits: { bytesPerPeerMax: 2_048 } })
    const { alice, ask, block, deposit, holder, profile, putProfile, random } = scene
    const avatar = blockCid(PICTURE)
    const [root, about] = [random(32), 'x'.repeat(1_200)]
    await deposit(alice, block())
    expect(await putProfile(alice, await profile(root, { avatar, about }), PICTURE)).toBe('full')
    expect(await putProfile(alice, await profile(root, { avatar, about }))).toBe('kept')
    expect(await putProfile(alice, await profile(root, { avatar, sequence: 2 }), PICTURE)).toBe('kept')
    // what the picture of the record before takes is counted
    expect(await putProfile(alice, await profile(root, { avatar, about, sequence: 3 }))).toBe('full')
    expect(await putProfile(alice, await profile(root, { about, sequence: 3 }))).toBe('kept')
    expect((await ask(alice, { type: 'store', blocks: [nameOf(block(2_048))] }, 'refused')).reason).toBe('full')
    expect(holder.figures().bytes).toBeLessThanOrEqual(2_048)
  })

  it('[HLD-10] a put costs eight of the allowance', async () => {
    const { alice, bob, holder, profile, putProfile, random, reason } = await createHolderScene()
    const record = await profile(random(32))
    const request = { type: 'profile.put', record: record.bytes, avatar: undefined } as const
    for (let count = 0; count < HOLDER_ALLOWANCE_MAX / 8; count++) expect(await putProfile(alice, record)).toBe('kept')
    expect(await reason(alice, request)).toBe('too-many')
    expect(await putProfile(bob, record)).toBe('kept')
    expect(holder.figures().profiles).toBe(1)
  })

  it('[HLD-12] one peer cannot fill a holder with accounts', async () => {
    const { alice, bob, clock, holder, profile, putProfile, random } = await createHolderScene()
    const outcomes = new Map<string, number>()
    for (let count = 0; count < 3 * HOLDER_PROFILES_PER_PEER_MAX; count++) {
      clock.elapse(1_000)
      const outcome = await putProfile(alice, await profile(random(32)))
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    }
    expect(Object.fromEntries(outcomes)).toEqual({
      kept: HOLDER_PROFILES_PER_PEER_MAX,
      full: 2 * HOLDER_PROFILES_PER_PEER_MAX,
    })
    expect(await putProfile(bob, await profile(random(32)))).toBe('kept')
    expect(holder.figures().profiles).toBe(HOLDER_PROFILES_PER_PEER_MAX + 1)
  })

  it('[HLD-1] [MBX-7] are answered in the order asked, as many as fit into a frame', async () => {
    const { alice, bob, getProfiles, profile, putProfile, random } = await createHolderScene()
    const about = '李'.repeat(10_000)
    const records = await Promise.all(Array.from({ length: 40 }, () => profile(random(32), { about })))
    for (const [index, record] of records.entries()) {
      expect(await putProfile(index % 3 === 0 ? alice : index % 3 === 1 ? bob : `peer ${index % 5}`, record)).toBe(
        'kept',
      )
    }
    const size = records[0]?.bytes.length ?? 1
    const digests = records.map(({ digest }) => digest)
    const asked = [random(32), ...digests.toReversed(), ...digests.slice(0, 5)]
    const found = await getProfiles(bob, ...asked)
    expect(found).toHaveLength(Math.floor(MAILBOX_BODY_BYTES_MAX / (size + 5)))
    expect(found).toEqual(
      records
        .toReversed()
        .map(({ bytes }) => bytes)
        .slice(0, found.length),
    )
    const rest = await getProfiles(bob, ...digests.toReversed().slice(found.length))
    expect(rest).toHaveLength(40 - found.length)
    expect(await getProfiles(bob)).toEqual([])
    expect(await getProfiles(bob, ...Array.from({ length: PROFILE_NAMES_MAX }, () => random(32)))).toEqual([])
  })
})
