import { decodeRequest, encodeResponse, PROFILE_NAMES_MAX, toHex, type ProfileRecord } from '@parley/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MailboxPort } from '../ports/mailbox.ts'
import { PortError } from '../ports/port-error.ts'
import { createAccount, createBookScene, type Account } from '../testing/profiles.ts'
import { HolderClient } from './holder-client.ts'
import { PRIORITIES } from './lane.ts'
import { Lookups, type LookedUp } from './lookups.ts'
import { Names } from './names.ts'

const PEOPLE = 12
const people: readonly Account[] = await Promise.all(
  Array.from({ length: PEOPLE }, (_, index) => createAccount(500 + index)),
)

/** How one holder behaves, and whom it has (bits). */
interface Behaviour {
  readonly kind: 'honest' | 'fails' | 'hangs' | 'rubbish' | 'late'
  readonly has: number
  readonly isPushNode: boolean
}

async function createScene(behaviours: readonly Behaviour[]) {
  const scene = await createBookScene()
  const { clock, context } = scene
  const records = await Promise.all(
    people.map((person) => person.sign(clock.now(), { isPublic: true, notAfter: clock.now() + 86_400_000 })),
  )
  const sizes: number[] = []
  const address = (index: number) => `/memory/p2p/holder-${index}`
  const answer = ({ has }: Behaviour, request: Uint8Array): Uint8Array => {
    const asked = decodeRequest(request)
    if (asked?.type !== 'profile.get') throw new Error('nothing else is asked')
    sizes.push(asked.digests.length)
    const found = asked.digests.flatMap((digest): ProfileRecord[] => {
      const at = people.findIndex((person) => person.digest.hex === toHex(digest))
      const record = records[at]
      return record !== undefined && (has & (1 << at)) !== 0 ? [record] : []
    })
    return encodeResponse({ type: 'profiles', records: found.map(({ bytes }) => bytes) })
  }
  const port: MailboxPort = {
    pushNodes: () => behaviours.flatMap(({ isPushNode }, index) => (isPushNode ? [address(index)] : [])),
    closest: async () => behaviours.flatMap(({ isPushNode }, index) => (isPushNode ? [] : [address(index)])),
    listen: () => undefined,
    wake: () => undefined,
    async request(at, request) {
      const behaviour = behaviours[Number(at.split('-')[1])]
      if (behaviour === undefined || behaviour.kind === 'fails') throw new PortError('UNREACHABLE', 'gone', true)
      if (behaviour.kind === 'hangs') return new Promise(() => undefined)
      if (behaviour.kind === 'rubbish') return Uint8Array.of(1, 2, 3)
      const response = answer(behaviour, request)
      if (behaviour.kind === 'late') await new Promise<void>((resolve) => void clock.after(700, resolve))
      return response
    },
  }
  const lookups = new Lookups({
    context: () => context,
    cache: scene.cache,
    book: scene.book,
    holders: new HolderClient(() => port),
    names: new Names(() => context, undefined),
    askLink: () => undefined,
  })
  return { ...scene, lookups, sizes }
}

const behaviour = fc.record({
  kind: fc.constantFrom<Behaviour['kind'][]>('honest', 'fails', 'hangs', 'rubbish', 'late'),
  has: fc.nat((1 << PEOPLE) - 1),
  isPushNode: fc.boolean(),
})

describe('look-ups', () => {
  it('[PFX-11] [PFX-12] each ends once, finds what any answering holder has, and tells who was not asked from who knows nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(behaviour, { maxLength: 4 }),
        fc.array(
          fc.record({ who: fc.nat(PEOPLE - 1), priority: fc.constantFrom(...PRIORITIES), waitMs: fc.nat(300) }),
          {
            minLength: 1,
            maxLength: 24,
          },
        ),
        async (behaviours, wishes) => {
          const { lookups, clock } = await createScene(behaviours)
          const ends: { who: number; result: LookedUp }[] = []
          for (const { who, priority, waitMs } of wishes) {
            const person = people[who]
            if (person === undefined) continue
            void lookups
              .look(person.digest, person.account, priority)
              .result.then((result) => ends.push({ who, result }))
            await clock.run(waitMs)
          }
          await clock.run(200_000)
          expect(ends).toHaveLength(wishes.length)
          const answering = behaviours.filter(({ kind }) => kind === 'honest' || kind === 'late')
          for (const { who, result } of ends) {
            const isThere = answering.some(({ has }) => (has & (1 << who)) !== 0)
            expect(result.type).toBe(isThere ? 'found' : answering.length > 0 ? 'unknown' : 'failed')
            if (result.type === 'found') expect(result.cached.record.account).toBe(people[who]?.account)
          }
          lookups.stop()
        },
      ),
      { numRuns: 25 },
    )
  })

  it('[PFX-12] cancelled and stopped in any order, every look ends and nobody is kept waiting', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(behaviour, { maxLength: 3 }),
        fc.array(fc.record({ who: fc.nat(PEOPLE - 1), cancels: fc.boolean() }), { minLength: 1, maxLength: 20 }),
        fc.nat(3_000),
        async (behaviours, wishes, stopMs) => {
          const { lookups, clock } = await createScene(behaviours)
          let ended = 0
          const looks = wishes.flatMap(({ who, cancels }) => {
            const person = people[who]
            if (person === undefined) return []
            const look = lookups.look(person.digest, person.account, 'soon')
            void look.result.then(() => ended++)
            return [{ ...look, cancels }]
          })
          await clock.run(stopMs / 2)
          for (const { cancel, cancels } of looks) if (cancels) cancel()
          await clock.run(stopMs / 2)
          lookups.stop()
          await clock.run(1)
          expect(ended).toBe(wishes.length)
          const [person] = people
          if (person === undefined) return
          expect(await lookups.look(person.digest, undefined, 'soon').result).toEqual({ type: 'failed' })
        },
      ),
      { numRuns: 25 },
    )
  })

  it('[PFX-11] names of one turn share requests, so many in each', async () => {
    const { lookups, clock, sizes } = await createScene([{ kind: 'honest', has: 0, isPushNode: true }])
    const strangers = await Promise.all(Array.from({ length: 100 }, (_, index) => createAccount(9_000 + index)))
    for (const { digest, account } of strangers) lookups.look(digest, account, 'visible')
    await clock.run(1_000)
    expect(sizes).toEqual([PROFILE_NAMES_MAX, 100 - PROFILE_NAMES_MAX])
    lookups.stop()
  })

  it('[PFX-11] nobody but the account itself is asked for what is known to be for contacts', async () => {
    const { lookups, clock, book, befriend, sizes } = await createScene([{ kind: 'honest', has: 1, isPushNode: true }])
    const [alice] = people
    if (alice === undefined) throw new Error('nobody is there')
    befriend(alice.account)
    const { bytes } = await alice.sign(clock.now(), { sequence: 5 })
    await book.take({ bytes, isWanted: false })
    const { result } = lookups.look(alice.digest, alice.account, 'visible')
    await clock.run(1_000)
    expect(await result).toEqual({ type: 'failed' })
    expect(sizes).toEqual([])
    lookups.stop()
  })
})
