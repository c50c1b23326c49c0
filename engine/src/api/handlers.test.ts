import { describe, expect, it } from 'vitest'
import { createTestClock } from '@parley/adapter-memory'
import { createTestNode } from '../testing/node.ts'
import { Handlers } from './handlers.ts'
import type { ProfileOperations } from './tables.ts'

const ITEM = { id: 'Qm', outcome: 'unknown', isFresh: false, source: 'none' } as const

/** Handlers whose stream gives items for ever, and notes that it was left. */
async function scene() {
  const left = { count: 0 }
  const profiles = {
    queries: {},
    commands: {},
    streams: {
      async *'profiles.fetch'() {
        try {
          for (;;) yield ITEM
        } finally {
          left.count++
        }
      },
    },
  }
  const { context } = await createTestNode(createTestClock(), 3)
  const reach = { queries: {}, commands: {} }
  const rest: unknown = { context, reach, profiles: profiles as unknown as ProfileOperations }
  return { left, handlers: new Handlers(rest as ConstructorParameters<typeof Handlers>[0]) }
}

describe('a stream of the engine', () => {
  it('[API-20] is left when its signal aborts while nobody reads it, and then throws the reason', async () => {
    const { left, handlers } = await scene()
    const stop = new AbortController()
    const items = handlers.stream('profiles.fetch', { ids: [] }, stop.signal)
    expect((await items.next()).value).toEqual(ITEM)
    stop.abort('enough')
    await new Promise((resolve) => setImmediate(resolve))
    expect(left.count).toBe(1)
    await expect(items.next()).rejects.toBe('enough')
  })

  it('[API-20] is left with its loop, and with the engine', async () => {
    const { left, handlers } = await scene()
    for await (const item of handlers.stream('profiles.fetch', { ids: [] }, undefined)) {
      expect(item).toEqual(ITEM)
      break
    }
    expect(left.count).toBe(1)
    const items = handlers.stream('profiles.fetch', { ids: [] }, undefined)
    await items.next()
    handlers.close()
    await new Promise((resolve) => setImmediate(resolve))
    expect(left.count).toBe(2)
    await expect(items.next()).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(handlers.stream('profiles.fetch', { ids: [] }, undefined).next()).rejects.toMatchObject({
      code: 'CLOSED',
    })
  })
})
