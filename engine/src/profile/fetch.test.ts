import { PROFILES_WAITING_MAX } from '@parley/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ProfileAnswer } from '../api/schema.ts'
import { fetchProfiles, type FetchHost } from './fetch.ts'
import type { LookedUp } from './lookups.ts'

const settle = async () => {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
}
const held = (id: string, isFresh: boolean): ProfileAnswer => ({ id, outcome: 'found', isFresh, source: 'cache' })

/** Who is known, how each look ends and after how many steps; `none`: there is no such person. */
const person = fc.record({
  cached: fc.constantFrom('no', 'fresh', 'old'),
  ends: fc.constantFrom('unknown' as const, 'failed' as const, 'none' as const),
  turns: fc.nat(30),
})

function createHost(people: readonly { cached: string; ends: 'unknown' | 'failed' | 'none'; turns: number }[]) {
  const open = new Set<string>()
  const refreshed: string[] = []
  const host: FetchHost = {
    waiting: { count: 0 },
    fromCache(id) {
      const cached = people[Number(id)]?.cached
      return cached === 'no' || cached === undefined ? undefined : held(id, cached === 'fresh')
    },
    isFresh: () => true,
    refresh: (id) => refreshed.push(id),
    look(id) {
      const { ends = 'none', turns = 0 } = people[Number(id)] ?? {}
      if (ends === 'none') return undefined
      const result = (async (): Promise<LookedUp> => {
        for (let turn = 0; turn < turns; turn++) await Promise.resolve()
        return { type: ends }
      })()
      const key = `${id} ${open.size}`
      open.add(key)
      return { result, cancel: () => void open.delete(key) }
    },
  }
  return { host, open, refreshed }
}

describe('a stream of profiles', () => {
  it('[PFX-12] answers each id exactly once, whatever becomes of it, and leaves nothing waiting', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(person, { minLength: 1, maxLength: 30 }),
        fc.array(fc.nat(29), { maxLength: 80 }),
        async (people, wanted) => {
          const ids = wanted.map((index) => String(index % people.length))
          const { host, open, refreshed } = createHost(people)
          const answers: ProfileAnswer[] = []
          for await (const answer of fetchProfiles(host, ids, 'soon', [])) answers.push(answer)
          const distinct = [...new Set(ids)]
          expect(answers.map(({ id }) => id).toSorted()).toEqual(distinct.toSorted())
          expect([open.size, host.waiting.count]).toEqual([0, 0])
          expect(refreshed.toSorted()).toEqual(distinct.filter((id) => people[Number(id)]?.cached === 'old').toSorted())
          for (const { id, outcome } of answers) {
            const { cached, ends } = people[Number(id)] ?? {}
            expect(outcome).toBe(cached !== 'no' ? 'found' : ends === 'none' ? 'failed' : ends)
          }
        },
      ),
    )
  })

  it('[PFX-12] left or aborted half-way, nobody waits for the rest, and nothing was answered twice', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(person, { minLength: 1, maxLength: 30 }),
        fc.nat(30),
        fc.boolean(),
        async (people, after, isAborted) => {
          const { host, open } = createHost(people)
          const aborter = new AbortController()
          const answers: string[] = []
          const ids = people.map((_person, index) => String(index))
          let ended = 'done'
          try {
            for await (const { id } of fetchProfiles(host, ids, 'soon', [aborter.signal])) {
              answers.push(id)
              if (answers.length <= after) continue
              if (!isAborted) break
              aborter.abort('enough')
            }
          } catch (error) {
            ended = String(error)
          }
          await settle()
          expect(new Set(answers).size).toBe(answers.length)
          expect([open.size, host.waiting.count]).toEqual([0, 0])
          if (isAborted && answers.length > after) expect([ended, answers.length]).toEqual(['enough', after + 1])
        },
      ),
    )
  })

  it('[PFX-12] aborted while nothing comes, it ends at once', async () => {
    const { host, open } = createHost([{ cached: 'no', ends: 'unknown', turns: 1_000_000 }])
    const aborter = new AbortController()
    const next = fetchProfiles(host, ['0'], 'soon', [aborter.signal])
      .next()
      .catch((error: unknown) => String(error))
    await settle()
    aborter.abort('enough')
    expect(await next).toBe('enough')
    expect(open.size).toBe(0)
    const late = fetchProfiles(host, ['0'], 'soon', [aborter.signal]).next()
    expect(await late.catch((error: unknown) => String(error))).toBe('enough')
  })

  it('[PFX-12] a stream beyond what may wait in all of them is refused before anything is asked', async () => {
    const { host, open } = createHost([{ cached: 'no', ends: 'unknown', turns: 1_000_000 }])
    const asked: string[] = []
    const patient: FetchHost = {
      ...host,
      look(id) {
        asked.push(id)
        return { result: new Promise(() => undefined), cancel: () => undefined }
      },
    }
    const many = Array.from({ length: PROFILES_WAITING_MAX - 1 }, (_, index) => `person ${index}`)
    const leaving = new AbortController()
    const first = fetchProfiles(patient, many, 'soon', [leaving.signal])
    const firstAnswer = first.next().catch((error: unknown) => String(error))
    expect([asked.length, host.waiting.count]).toEqual([many.length, many.length])
    const refused = fetchProfiles(patient, ['a', 'b'], 'soon', []).next()
    await expect(refused).rejects.toMatchObject({ code: 'RATE_LIMITED' })
    expect(asked).toHaveLength(many.length)
    const last = new AbortController()
    const lastAnswer = fetchProfiles(patient, ['a'], 'soon', [last.signal]).next()
    leaving.abort('enough')
    expect(await firstAnswer).toBe('enough')
    expect(host.waiting.count).toBe(1)
    last.abort('enough')
    await lastAnswer.catch(() => undefined)
    expect([host.waiting.count, open.size]).toEqual([0, 0])
  })
})
