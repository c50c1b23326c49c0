import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { after } from './deadline.ts'
import { race } from './race.ts'
import type { Source } from './race.ts'

const ATTEMPT_DELAY_MS = 250

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)

/** Attempts that end when the test says so. */
function setUp(sources: readonly Source<string>[], attemptsAtOnceMax = 8) {
  const started: string[] = []
  const aborted: string[] = []
  const discarded: string[] = []
  const attempts = new Map<string, PromiseWithResolvers<string>>()
  const controller = new AbortController()
  const result = race<string, string>(
    {
      sources,
      key: (way) => way,
      attempt: (way, signal) => {
        started.push(way)
        signal.addEventListener('abort', () => aborted.push(way))
        const attempt = Promise.withResolvers<string>()
        attempts.set(way, attempt)
        return attempt.promise
      },
      discard: (late) => discarded.push(late),
      attemptDelayMs: ATTEMPT_DELAY_MS,
      attemptsAtOnceMax,
      after,
    },
    controller.signal,
  )
  const outcome = result.then(
    (value) => value,
    (error: unknown) => error,
  )
  return { started, aborted, discarded, controller, outcome, of: (way: string) => attempts.get(way) }
}

const found = (delayMs: number, ...ways: string[]): Source<string> => ({ delayMs, find: async () => ways })

describe('a race', () => {
  it('[NET-30] starts the next attempt after a pause, and ends the others when one arrives', async () => {
    const { started, aborted, outcome, of } = setUp([found(0, 'a', 'b', 'c')])
    await pass(0)
    expect(started).toEqual(['a'])
    await pass(ATTEMPT_DELAY_MS)
    expect(started).toEqual(['a', 'b'])
    of('b')?.resolve('by b')
    expect(await outcome).toBe('by b')
    expect(aborted).toEqual(['a', 'b'])
    await pass(60_000)
    expect(started).toEqual(['a', 'b'])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('[NET-30] starts the next attempt at once when one fails', async () => {
    const { started, outcome, of } = setUp([found(0, 'a', 'b')])
    await pass(0)
    of('a')?.reject(new Error('refused'))
    await pass(0)
    expect(started).toEqual(['a', 'b'])
    of('b')?.resolve('by b')
    expect(await outcome).toBe('by b')
  })

  it('[NET-2] asks a later source after its head start, or as soon as everything else failed; sources take turns', async () => {
    const first = setUp([found(0, 'a', 'b', 'c', 'd'), found(500, 'relay')])
    await pass(0)
    for (const _ of [1, 2, 3]) await pass(ATTEMPT_DELAY_MS)
    expect(first.started).toEqual(['a', 'b', 'c', 'relay'])
    const second = setUp([found(0, 'a'), found(500, 'relay')])
    await pass(0)
    second.of('a')?.reject(new Error('refused'))
    await pass(0)
    expect(second.started).toEqual(['a', 'relay'])
  })

  it('[NET-30] tries a way once however many sources name it, and few at once', async () => {
    const { started } = setUp([found(0, 'a', 'b', 'a', 'c'), found(0, 'b')], 2)
    await pass(0)
    for (const _ of [1, 2, 3, 4]) await pass(ATTEMPT_DELAY_MS)
    expect(started).toEqual(['a', 'b'])
  })

  it('[NET-30] a second arrival is discarded', async () => {
    const { discarded, outcome, of } = setUp([found(0, 'a', 'b')])
    await pass(0)
    await pass(ATTEMPT_DELAY_MS)
    of('a')?.resolve('by a')
    of('b')?.resolve('by b')
    expect(await outcome).toBe('by a')
    await pass(0)
    expect(discarded).toEqual(['by b'])
  })

  it('[NET-2] tells every failure when nothing arrives, and nothing when there is nothing to try', async () => {
    const broken: Source<string> = { delayMs: 0, find: () => Promise.reject(new Error('nobody knows')) }
    const { outcome, of } = setUp([found(0, 'a'), broken])
    await pass(0)
    of('a')?.reject(new Error('refused'))
    await pass(0)
    expect(await outcome).toMatchObject({ message: '1 addresses tried', errors: [{}, {}] })
    const empty = setUp([found(0), found(500)])
    expect(await empty.outcome).toMatchObject({ message: 'no address is known', errors: [] })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('[NET-3] an abort ends every attempt and timer, also when it came before', async () => {
    const { aborted, outcome, controller } = setUp([found(0, 'a', 'b'), found(500, 'c')])
    await pass(0)
    controller.abort(new Error('no longer wanted'))
    expect(await outcome).toMatchObject({ message: 'no longer wanted' })
    expect(aborted).toEqual(['a'])
    expect(vi.getTimerCount()).toBe(0)
    const before = AbortSignal.abort(new Error('never wanted'))
    const never = race<string, string>(
      {
        sources: [found(0, 'a')],
        key: String,
        attempt: () => Promise.reject(new Error('was tried')),
        discard: () => undefined,
        attemptDelayMs: ATTEMPT_DELAY_MS,
        attemptsAtOnceMax: 1,
        after,
      },
      before,
    )
    await expect(never).rejects.toThrow('never wanted')
  })
})
