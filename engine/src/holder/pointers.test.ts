import {
  chainSecret,
  DAY_MS,
  INBOX_BUCKET_BYTES_MAX,
  INBOX_BUCKET_RECORDS_MAX,
  inboxBucketKey,
  keyPrefix,
  pointerKey,
  type PointerPayload,
  sealPointer,
  sealWorked,
  searchWork,
  WAITING_LIFETIME_MS,
  workOf,
} from '@parley/core'
import { describe, expect, it } from 'vitest'
import { createHolderScene, crypto, nameOf } from '../testing/holder.ts'

const nothing: PointerPayload = { blocks: [], holders: [] }

async function createPointerScene(options: Parameters<typeof createHolderScene>[0] = {}) {
  const scene = await createHolderScene({ limits: { workBits: 4 }, ...options })
  const { random, clock, ask } = scene
  const epoch = random(32)
  const seal = (sequence: number, slot = 0, payload = nothing, expiresAt = clock.now() + DAY_MS) =>
    sealPointer(crypto, chainSecret(epoch, 0, slot), { sequence, expiresAt, nonce: random(24) }, payload)
  const prefixOf = async (slot: number) =>
    keyPrefix(pointerKey(await crypto.ed25519PublicKey(chainSecret(epoch, 0, slot).seed)))
  const work = (key: Uint8Array, payload: PointerPayload, bits = 4, expiresAt = clock.now() + DAY_MS) => {
    const hashable = workOf(key, expiresAt, payload)
    const nonce = hashable && searchWork(hashable, bits, 1, 1_000_000)
    const record = nonce && sealWorked(key, expiresAt, payload, nonce)
    if (record === undefined) throw new Error('no work was found')
    return record
  }
  return {
    ...scene,
    seal,
    prefixOf,
    work,
    put: async (from: string, ...records: readonly Uint8Array[]) =>
      (await ask(from, { type: 'point', records }, 'statuses')).statuses,
    find: async (...prefixes: readonly Uint8Array[]) =>
      (await ask(scene.bob, { type: 'find', prefixes }, 'records')).records,
  }
}

describe('pointers of a holder', () => {
  it('[HLD-6] [PTR-5] keep the greatest sequence, and know the same one again', async () => {
    const { alice, bob, find, holder, prefixOf, put, seal } = await createPointerScene()
    const [first, second, other] = [await seal(1), await seal(2), await seal(2)]
    expect(await put(alice, second, first)).toEqual(['kept', 'older'])
    expect(await put(alice, second, other)).toEqual(['kept', 'older'])
    expect(await find(await prefixOf(0))).toEqual([second])
    const third = await seal(3)
    expect(await put(bob, third)).toEqual(['kept'])
    expect(await find(await prefixOf(0))).toEqual([third])
    expect(holder.figures()).toMatchObject({ pointers: 1, bytes: 512, records: { kept: 3, older: 2 } })
  })

  it('[HLD-6] end when they say so, and are not kept longer than WAITING_LIFETIME_MS', async () => {
    const { alice, clock, find, holder, prefixOf, put, seal } = await createPointerScene()
    const farAhead = await seal(9, 0, nothing, clock.now() + 2 * WAITING_LIFETIME_MS)
    const over = await seal(9, 0, nothing, clock.now())
    const short = await seal(5, 0, nothing, clock.now() + 1_000)
    expect(await put(alice, farAhead, over, short)).toEqual(['refused', 'refused', 'kept'])
    clock.jump(1_000)
    expect(await find(await prefixOf(0))).toEqual([])
    const next = await seal(1)
    expect(await put(alice, next)).toEqual(['kept'])
    expect(await find(await prefixOf(0))).toEqual([next])
    clock.jump(DAY_MS)
    await holder.collect()
    expect(holder.figures()).toMatchObject({ pointers: 0, bytes: 0 })
  })

  it('[HLD-6] [PTR-2] of strangers need their work done', async () => {
    const { alice, find, put, random, work } = await createPointerScene({ limits: { workBits: 12 } })
    const key = inboxBucketKey(random(16), 20_000)
    const [lazy, done] = [work(key, nothing, 0), work(key, { ...nothing, holders: ['a'] }, 12)]
    const statuses = await put(alice, lazy, done, random(512), done)
    expect(statuses.slice(1)).toEqual(['kept', 'refused', 'kept'])
    expect(await find(keyPrefix(key))).toContainEqual(done)
    expect(await find(keyPrefix(key))).toHaveLength(statuses[0] === 'kept' ? 2 : 1)
  })

  it('[HLD-6] of strangers stay, the newest, within the limits of a prefix, behind signed ones', async () => {
    const { alice, find, holder, prefixOf, put, random, seal, work } = await createPointerScene({
      limits: { workBits: 0 },
    })
    const prefix = await prefixOf(0)
    const key = Uint8Array.of(...prefix, ...random(24))
    const signed = await seal(1)
    await put(alice, signed)
    const small = Array.from({ length: INBOX_BUCKET_RECORDS_MAX + 10 }, (_, index) =>
      work(key, { ...nothing, holders: [`h${index}`] }, 0),
    )
    for (let start = 0; start < small.length; start += 200) await put(alice, ...small.slice(start, start + 200))
    const found = await find(prefix)
    expect(found[0]).toEqual(signed)
    expect(found.slice(1)).toEqual(small.slice(10).toReversed())
    expect(holder.figures().pointers).toBe(INBOX_BUCKET_RECORDS_MAX + 1)
    const large = Array.from({ length: 500 }, (_, index) =>
      work(key, { ...nothing, holders: [`${index}`.padEnd(900, 'h')] }, 0),
    )
    for (let start = 0; start < large.length; start += 250) await put(alice, ...large.slice(start, start + 250))
    const most = INBOX_BUCKET_BYTES_MAX / 2_048
    expect(await find(prefix)).toEqual([signed, ...large.slice(-most).toReversed()])
    expect(holder.figures()).toMatchObject({ pointers: most + 1, bytes: INBOX_BUCKET_BYTES_MAX + 512 })
  })

  it('[HLD-1] are found whole prefixes at a time, as many as fit a frame', async () => {
    const { alice, block, find, prefixOf, put, random, seal } = await createPointerScene()
    const payload = { blocks: Array.from({ length: 250 }, () => nameOf(block(512))), holders: ['h'.repeat(1_000)] }
    const many = { ...payload, holders: Array.from({ length: 8 }, () => 'h'.repeat(1_000)) }
    const records: Uint8Array[] = []
    for (let slot = 0; slot < 32; slot++) records.push(await seal(1, slot, many))
    expect(records[0]).toHaveLength(32_768)
    await put(alice, ...records.slice(0, 16))
    await put(alice, ...records.slice(16))
    const prefixes = await Promise.all(records.map((_, slot) => prefixOf(slot)))
    const asked = [random(8), ...prefixes, ...prefixes]
    const found = await find(...asked)
    expect(found).toEqual(records.slice(0, 31))
    expect(await find(...asked.slice(32))).toEqual([records[31], ...records.slice(0, 30)])
    expect(await find(random(8))).toEqual([])
  })

  it('[HLD-3] find no room beyond the quotas; whoever puts one last is charged for it', async () => {
    const limits = { workBits: 0, pointersPerPeerMax: 2, pointersMax: 3 }
    const { alice, bob, holder, put, random, seal, work } = await createPointerScene({ limits })
    expect(await put(alice, await seal(1, 0), await seal(1, 1), await seal(1, 2))).toEqual(['kept', 'kept', 'full'])
    expect(await put(alice, await seal(2, 0))).toEqual(['kept'])
    expect(await put(alice, work(random(32), nothing, 0))).toEqual(['full'])
    expect(await put(bob, await seal(3, 0))).toEqual(['kept'])
    expect(await put(alice, await seal(1, 2), await seal(1, 3))).toEqual(['kept', 'full'])
    expect(await put(bob, await seal(1, 4))).toEqual(['full'])
    expect(await put(bob, await seal(4, 0))).toEqual(['kept'])
    expect(await put(bob, await seal(2, 1))).toEqual(['kept'])
    expect(holder.figures()).toMatchObject({ pointers: 3, bytes: 3 * 512 })
  })

  it('[HLD-3] take bytes of the same quota as blocks', async () => {
    const { alice, block, deposit, put, seal } = await createPointerScene({ limits: { bytesPerPeerMax: 1_024 } })
    await deposit(alice, block())
    expect(await put(alice, await seal(1, 0), await seal(1, 1))).toEqual(['kept', 'full'])
    expect(await put(alice, await seal(2, 0))).toEqual(['kept'])
  })
})
