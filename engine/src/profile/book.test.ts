import { PROFILE_LIFETIME_MS, PROFILE_VERSIONS_MAX } from '@parley/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAccount, createBookScene } from '../testing/profiles.ts'
import { FAREWELL_NAME } from './view.ts'

const alice = await createAccount(1)
const bob = await createAccount(2)

describe('the book', () => {
  it('[PFX-5] holds the newest record whatever the order, however often each comes, and across a crash', async () => {
    const now = (await createBookScene()).clock.now()
    const records = await Promise.all(
      // Two of them share a sequence: the greater name of the record decides.
      [1, 2, 3, 3, 4, 5].map((sequence, index) => alice.sign(now, { sequence, about: `record ${index}` })),
    )
    const newest = (sequences: readonly number[]) =>
      Math.max(...sequences.map((index) => records[index]?.sequence ?? 0))
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(records.length - 1), { minLength: 1, maxLength: 16 }),
        fc.nat(16),
        async (order, crashAfter) => {
          let scene = await createBookScene()
          scene.befriend(alice.account)
          for (const [index, at] of order.entries()) {
            const bytes = records[at]?.bytes ?? new Uint8Array(0)
            await scene.book.take({ bytes, digest: alice.digest.bytes, isWanted: false })
            if (index === crashAfter) scene = await scene.crash()
          }
          const expected = newest(order)
          const held = scene.cache.held(alice.digest)?.record
          expect(held?.sequence).toBe(expected)
          const twins = records.filter(({ sequence }) => sequence === expected)
          const seen = order.flatMap((at) => (records[at]?.sequence === expected ? [records[at]] : []))
          const greatest = seen
            .map((record) => Buffer.from(record?.cid ?? []).toString('hex'))
            .toSorted()
            .at(-1)
          expect(twins.length).toBeGreaterThan(0)
          expect(Buffer.from(held?.cid ?? []).toString('hex')).toBe(greatest)
          const again = await scene.crash()
          expect(again.cache.held(alice.digest)?.record.sequence).toBe(expected)
        },
      ),
      { numRuns: 40 },
    )
  })

  it('[PFX-5] taken all at once, the newest is held, and each change is told after it is durable', async () => {
    const { book, cache, clock, changed, befriend } = await createBookScene()
    befriend(alice.account)
    const records = await Promise.all(
      [5, 2, 9, 1, 9, 7].map((sequence) => alice.sign(clock.now(), { sequence, location: String(sequence) })),
    )
    await Promise.all(records.map(({ bytes }) => book.take({ bytes, isWanted: false })))
    expect(cache.held(alice.digest)?.record.sequence).toBe(9)
    expect(changed.at(-1)?.version).toBe(9)
    expect(changed.map(({ version }) => version)).toEqual(
      changed.map(({ version }) => version).toSorted((a, b) => a - b),
    )
  })

  it('[PFX-5] any bytes have an outcome and store nothing', async () => {
    const { book, clock, context, befriend } = await createBookScene()
    befriend(alice.account)
    const { bytes } = await alice.sign(clock.now())
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const damaged = bytes.slice()
        damaged[at] = (damaged[at] ?? 0) ^ flip
        expect(await book.take({ bytes: damaged, isWanted: true })).toBe('refused')
      }),
      { numRuns: 300 },
    )
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (any) => {
        expect(await book.take({ bytes: any, isWanted: true })).toBe('refused')
      }),
    )
    expect(context.store.all('SELECT * FROM profiles')).toEqual([])
  })

  it('[PFX-5] [PFX-14] takes nobody for somebody else, and no stranger whom nobody asked for', async () => {
    const { book, clock, context, befriend } = await createBookScene()
    befriend(alice.account)
    const now = clock.now()
    const { bytes } = await bob.sign(now, { sequence: 9, isPublic: true })
    expect(await book.take({ bytes, digest: alice.digest.bytes, isWanted: true })).toBe('refused')
    expect(await book.take({ bytes, isWanted: false })).toBe('refused')
    expect(context.store.all('SELECT * FROM profiles')).toEqual([])
    expect(await book.take({ bytes, isWanted: true })).toBe('newer')
    // Once looked up, what is heard of them counts.
    const newer = await bob.sign(now, { sequence: 10, isPublic: true })
    expect(await book.take({ bytes: newer.bytes, isWanted: false })).toBe('newer')
    const late = await bob.sign(now, { sequence: 11, isPublic: true, notAfter: now + 1_000 })
    await clock.run(2_000)
    expect(await book.take({ bytes: late.bytes, isWanted: true })).toBe('refused')
    expect(await book.take({ bytes, isWanted: true })).toBe('older')
  })

  it('[PFX-9] a farewell hides what a stranger had said, keeps what is older from coming back, and is nothing to a contact', async () => {
    const { book, cache, clock, befriend } = await createBookScene()
    befriend(alice.account)
    for (const person of [alice, bob]) {
      const now = clock.now()
      const said = await person.sign(now, { sequence: 3, isPublic: true, location: 'Basel' })
      const farewell = await person.sign(now, { sequence: 4, isPublic: true, name: FAREWELL_NAME })
      await book.take({ bytes: said.bytes, isWanted: true })
      await book.take({ bytes: farewell.bytes, isWanted: true })
      expect(await book.take({ bytes: said.bytes, isWanted: true })).toBe(person === alice ? 'same' : 'older')
    }
    expect(cache.shown(alice.account)?.profile.location).toBe('Basel')
    expect(cache.shown(bob.account)).toBeUndefined()
  })

  it('[PFX-5] keeps so many versions of one account, sealed', async () => {
    const { book, clock, context, befriend } = await createBookScene()
    befriend(alice.account)
    for (let sequence = 1; sequence <= PROFILE_VERSIONS_MAX + 5; sequence++) {
      const { bytes } = await alice.sign(clock.now(), { sequence, location: 'somewhere secret' })
      await book.take({ bytes, isWanted: false })
    }
    const rows = context.store.all('SELECT sequence, record_sealed FROM profile_versions ORDER BY sequence')
    expect(rows.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: PROFILE_VERSIONS_MAX }, (_, index) => index + 6),
    )
    const sealed = [...rows, ...context.store.all('SELECT record_sealed FROM profiles')]
    expect(sealed.some(({ record_sealed: value }) => Buffer.from(value as Uint8Array).includes('secret'))).toBe(false)
  })

  it('[PFX-10] is confirmed without a write for every word, and not for ever by a clock that was set back', async () => {
    const { book, cache, clock, context, befriend } = await createBookScene()
    befriend(alice.account)
    const { bytes } = await alice.sign(clock.now(), { notAfter: clock.now() + PROFILE_LIFETIME_MS })
    await book.take({ bytes, isWanted: false })
    const changes = () => Number(context.store.all('SELECT total_changes() AS n')[0]?.['n'])
    const before = changes()
    const digest = alice.digest.bytes
    for (let time = 0; time < 100; time++) await book.take({ bytes, digest, isWanted: false })
    expect(changes()).toBe(before)
    await clock.run(3_000_000)
    expect(await book.take({ bytes, digest, isWanted: false })).toBe('same')
    expect(changes()).toBe(before + 1)
    const held = cache.held(alice.digest)
    expect(held !== undefined && cache.isFresh(held)).toBe(true)
    expect(held !== undefined && cache.isFresh({ ...held, checkedAt: clock.now() + 7_200_000 })).toBe(false)
  })
})
