/** Those who put profiles with push nodes that are old, forged, for contacts alone, too large, or no pictures. */
import {
  blockCid,
  encodeCbor,
  HOLDER_PROFILES_PER_PEER_MAX,
  PROFILE_BYTES_MAX,
  profileDigest,
  utf8,
  type ProfileRecord,
} from '@parley/core'
import { seededRandom } from '@parley/adapter-memory'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { askAs, PICTURE, profilesAt, putAs, rootSeedOf, signedBy, signedProfile } from './profile-records.ts'
import { crypto } from './rogue.ts'
import { createWorld, type Person, type PushNode, type World } from './world.ts'

const random = seededRandom(71)

async function createStage() {
  const world = await createWorld()
  const node = await world.openPushNode()
  const [alice, mallory] = [await world.open('Alice'), await world.open('Mallory')]
  await world.pass(2_000)
  return { world, node, alice, mallory, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() }
}

const shown = async (world: World, reader: Person, node: PushNode, { digest }: ProfileRecord) =>
  profilesAt(world, reader, node, digest)

describe('a push node', () => {
  test('[HLD-11] [PRF-7] is given the old record again by somebody who kept it', async () => {
    await using stage = await createStage()
    const { world, node, alice, mallory } = stage
    const sequence = Math.floor(world.clock.now() / 1_000) + 1_000
    const old = await signedProfile(world, alice, { about: 'old', sequence })
    const recent = await signedProfile(world, alice, { about: 'new', sequence: sequence + 1 })
    expect(await putAs(world, alice, node, old.bytes)).toBe('kept')
    expect(await putAs(world, alice, node, recent.bytes)).toBe('kept')
    for (let count = 0; count < 3; count++) expect(await putAs(world, mallory, node, old.bytes)).toBe('older')
    expect(await shown(world, mallory, node, recent)).toEqual([recent.bytes])
    node.stop()
    node.resume()
    expect(await putAs(world, mallory, node, old.bytes)).toBe('older')
    expect(await shown(world, mallory, node, recent)).toEqual([recent.bytes])
  })

  test('[HLD-11] [PRF-1] is given records that are forged, in part or in whole', async () => {
    await using stage = await createStage()
    const { world, node, alice, mallory } = stage
    const good = await signedProfile(world, alice, { sequence: 9_999_999_999, about: 'mine', extra: { shop: 'open' } })
    const before = node.figures()
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: good.bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, value) => {
        const forged = good.bytes.slice()
        forged[at] = (forged[at] ?? 0) ^ value
        expect(await putAs(world, mallory, node, forged)).toBe('refused')
      }),
      { numRuns: 60 },
    )
    // her own signature under Alice's name
    const seed = await rootSeedOf(mallory)
    const signature = await crypto.ed25519Sign(seed, good.bytes)
    const forged = Uint8Array.of(...good.bytes.slice(0, -64), ...signature)
    expect(await putAs(world, mallory, node, forged)).toBe('refused')
    expect(node.figures()).toMatchObject({ profiles: before.profiles, bytes: before.bytes })
    expect(await shown(world, mallory, node, good)).not.toContainEqual(good.bytes)
  })

  test('[HLD-11] [PRF-8] is given a good record: nobody finds it under the name of another', async () => {
    await using stage = await createStage()
    const { world, node, alice, mallory } = stage
    const own = await signedProfile(world, mallory, { name: 'Alice', sequence: 9_999_999_999 })
    expect(await putAs(world, mallory, node, own.bytes)).toBe('kept')
    const digest = profileDigest(await crypto.ed25519PublicKey(await rootSeedOf(alice)))
    expect(await profilesAt(world, mallory, node, digest)).toEqual([])
    expect(await shown(world, alice, node, own)).toEqual([own.bytes])
  })

  test('[HLD-11] [PRF-4] is given what Alice told her contacts alone', async () => {
    await using stage = await createStage()
    const { world, node, alice, mallory } = stage
    const secret = await signedProfile(world, alice, { isPublic: false, location: 'Wien', sequence: 9_999_999_999 })
    expect(await putAs(world, mallory, node, secret.bytes)).toBe('refused')
    expect(await putAs(world, alice, node, secret.bytes, PICTURE)).toBe('refused')
    expect(await shown(world, mallory, node, secret)).toEqual([])
  })

  test('[HLD-11] [PRF-2] [MBX-7] is given records that are larger than any may be', async () => {
    await using stage = await createStage()
    const { world, node, alice, mallory } = stage
    const good = await signedProfile(world, alice)
    const about = utf8('x'.repeat(PROFILE_BYTES_MAX))
    const bytes = Uint8Array.of(...good.bytes, ...about)
    expect(await askAs(world, mallory, node, encodeCbor([9, bytes, null]))).toEqual({
      type: 'refused',
      reason: 'malformed',
    })
    expect(await askAs(world, mallory, node, encodeCbor([9, good.bytes, new Uint8Array(65_537)]))).toEqual({
      type: 'refused',
      reason: 'malformed',
    })
    expect(await putAs(world, mallory, node, bytes.slice(0, PROFILE_BYTES_MAX))).toBe('refused')
    await expect(signedProfile(world, alice, { about: 'x'.repeat(PROFILE_BYTES_MAX) })).rejects.toThrow('too-long')
    const digests = Array.from({ length: 65 }, () => random(32))
    expect(await askAs(world, mallory, node, encodeCbor([10, digests]))).toEqual({
      type: 'refused',
      reason: 'malformed',
    })
  })

  test('[HLD-11] [PRF-10] [PRF-11] is given pictures that are others, pages, bombs or cut off', async () => {
    await using stage = await createStage()
    const { world, node, mallory } = stage
    const before = node.figures()
    const header = (width: number, height: number): Uint8Array => {
      const bomb = PICTURE.slice()
      new DataView(bomb.buffer).setUint32(16, width)
      new DataView(bomb.buffer).setUint32(20, height)
      return bomb
    }
    const script = utf8('<script>alert(document.domain)</script>')
    const bad = [
      header(65_535, 65_535),
      header(513, 1),
      header(0, 12),
      Uint8Array.of(...PICTURE, ...script),
      Uint8Array.of(...script, ...PICTURE),
      PICTURE.slice(0, -12),
      utf8('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
      utf8(`GIF89a${'\u0001'.repeat(20)}`),
      new Uint8Array(65_536),
      new Uint8Array(0),
    ]
    for (const picture of bad) {
      const record = await signedProfile(world, mallory, { avatar: blockCid(picture), sequence: 9_999_999_999 })
      expect(await putAs(world, mallory, node, record.bytes, picture)).toBe('refused')
      expect(await askAs(world, mallory, node, { type: 'fetch', cids: [blockCid(picture)] })).toEqual({
        type: 'blocks',
        blocks: [],
      })
    }
    // a good picture that the record does not name
    const other = await signedProfile(world, mallory, { avatar: blockCid(random(9)), sequence: 9_999_999_999 })
    expect(await putAs(world, mallory, node, other.bytes, PICTURE)).toBe('refused')
    expect(node.figures()).toMatchObject({ profiles: before.profiles, bytes: before.bytes })
  })

  test('[HLD-10] [HLD-12] is flooded: one peer has its places, and everybody else theirs', async () => {
    await using stage = await createStage()
    const { world, node, alice, mallory } = stage
    const strangers: Uint8Array[] = []
    for (let count = 0; count < 3 * HOLDER_PROFILES_PER_PEER_MAX; count++) {
      strangers.push((await signedBy(world, random(32))).bytes)
    }
    const outcomes = new Map<string, number>()
    for (const record of strangers) {
      const outcome = await putAs(world, mallory, node, record)
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    }
    expect(outcomes.get('kept')).toBeLessThanOrEqual(HOLDER_PROFILES_PER_PEER_MAX)
    expect(outcomes.get('full')).toBeGreaterThanOrEqual(2 * HOLDER_PROFILES_PER_PEER_MAX)
    // as fast as she can: her allowance ends, that of others does not
    const [record] = strangers
    if (record === undefined) throw new Error('there are strangers')
    const all = Array.from({ length: 400 }, () => putAs(world, mallory, node, record))
    const answers = await Promise.all(all)
    expect(answers.filter((answer) => answer === 'refused').length).toBeGreaterThan(100)
    const own = await signedProfile(world, alice, { sequence: 9_999_999_999 })
    expect(await putAs(world, alice, node, own.bytes)).toBe('kept')
    expect(await shown(world, alice, node, own)).toEqual([own.bytes])
  })
})
