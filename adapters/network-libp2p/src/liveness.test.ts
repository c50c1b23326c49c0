import { CHANGE_PATIENCE_MS, LIVENESS_RTT_FACTOR } from '@parley/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { after } from './deadline.ts'
import { createLiveness } from './liveness.ts'
import type { LivenessConnection } from './liveness.ts'
import { silentLog } from './testing/networks.ts'

beforeEach(() => void vi.useFakeTimers({ now: 0 }))
afterEach(() => void vi.useRealTimers())

/** A connection whose other end does as it is told. */
function setUp(behaviour: 'silent' | 'resets' | 'answers', rtt?: number) {
  const state = { aborted: 0, asked: 0 }
  const connection = {
    status: 'open' as const,
    rtt,
    abort: () => void (state.aborted += 1),
    newStream: (_protocol: unknown, options?: { readonly signal?: AbortSignal }) => {
      state.asked += 1
      if (behaviour === 'resets') return Promise.reject(new Error('the stream was reset'))
      if (behaviour === 'answers') return Promise.resolve(answeringStream())
      const { promise, reject } = Promise.withResolvers<never>()
      options?.signal?.addEventListener('abort', () => reject(new Error('aborted')))
      return promise
    },
  } as unknown as LivenessConnection
  const liveness = createLiveness({ randomBytes: (length) => new Uint8Array(length), after, log: silentLog })
  return { state, connection, liveness, pass: (ms: number) => vi.advanceTimersByTimeAsync(ms) }
}

function answeringStream(): EventTarget {
  const stream = new EventTarget()
  return Object.assign(stream, {
    send: () => queueMicrotask(() => stream.dispatchEvent(new Event('message'))),
    close: () => Promise.resolve(),
    abort: () => undefined,
  })
}

describe('a question for a sign of life', () => {
  it('[NET-32] aborts a connection whose other end stays silent, asked once at a time', async () => {
    const { state, connection, liveness, pass } = setUp('silent')
    liveness.check(connection, CHANGE_PATIENCE_MS)
    liveness.check(connection, CHANGE_PATIENCE_MS)
    await pass(CHANGE_PATIENCE_MS - 1)
    expect(state).toEqual({ asked: 1, aborted: 0 })
    await pass(1)
    expect(state.aborted).toBe(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('[NET-32] is patient with a connection that is always slow', async () => {
    const rtt = 2_000
    const { state, connection, liveness, pass } = setUp('silent', rtt)
    liveness.check(connection, CHANGE_PATIENCE_MS)
    await pass(rtt * LIVENESS_RTT_FACTOR - 1)
    expect(state.aborted).toBe(0)
    await pass(1)
    expect(state.aborted).toBe(1)
  })

  it.each(['resets', 'answers'] as const)(
    '[NET-32] leaves a connection alone whose other end %s: it is there',
    async (behaviour) => {
      const { state, connection, liveness, pass } = setUp(behaviour)
      liveness.check(connection, CHANGE_PATIENCE_MS)
      await pass(60_000)
      liveness.check(connection, CHANGE_PATIENCE_MS)
      await pass(60_000)
      expect(state).toEqual({ asked: 2, aborted: 0 })
      expect(vi.getTimerCount()).toBe(0)
    },
  )
})
