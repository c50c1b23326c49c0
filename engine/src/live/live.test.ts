import { createTestClock } from '@parley/adapter-memory'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EngineError } from '../api/errors.ts'
import type { Message } from '../api/schema.ts'
import type { Topic } from '../turn/commit.ts'
import { Live, LIVE_INTERVAL_MS } from './live.ts'

const CONVERSATIONS = new Set<Topic>(['conversations'])
const OTHERS = new Set<Topic>(['requests', 'invites', 'me'])

function createScene() {
  const clock = createTestClock()
  const failures: unknown[] = []
  const message = (id: string): Message => ({
    id,
    conversation: 'c',
    sender: 's',
    content: { type: 'text', text: id },
    sentAt: 0,
    state: 'sent',
    parents: [],
    order: id,
    reactions: [],
    hasGapBefore: false,
    isClockSkewed: false,
  })
  const live = new Live(
    clock,
    (ids) => ids.map(message),
    (error) => failures.push(error),
  )
  const state = { value: 0 as number | Error }
  const open = () =>
    live.open('messages.page', () => {
      if (state.value instanceof Error) throw state.value
      return { messages: [message(`${state.value}`)], hasBefore: false, hasAfter: false }
    })
  const shown = (query: ReturnType<typeof open>) => query.peek()?.messages[0]?.id
  return { clock, live, failures, state, open, shown }
}

describe('live queries', () => {
  it('[API-8] give a first result by themselves, and a new one after a change of what they read', async () => {
    const { clock, live, state, open, shown } = createScene()
    const query = open()
    expect(query.peek()).toBeUndefined()
    clock.elapse(1)
    expect([shown(query), (await query.whenReady()).messages.length]).toEqual(['0', 1])
    state.value = 1
    live.touched(OTHERS)
    clock.elapse(1_000)
    expect(shown(query)).toBe('0')
    live.touched(CONVERSATIONS)
    clock.elapse(LIVE_INTERVAL_MS)
    expect(shown(query)).toBe('1')
  })

  it('[API-8] results are at least 30 ms apart, and the last change is never lost', () => {
    const steps = fc.array(
      fc.record({ waitMs: fc.integer({ min: 0, max: 40 }), jumpMs: fc.constantFrom(0, 0, 0, -5_000, 5_000) }),
      { maxLength: 40 },
    )
    fc.assert(
      fc.property(steps, (list) => {
        const { clock, live, state, open, shown } = createScene()
        const query = open()
        let running = 0
        const at: number[] = []
        query.subscribe(() => at.push(running))
        for (const [index, { waitMs, jumpMs }] of list.entries()) {
          clock.jump(jumpMs)
          state.value = index + 1
          live.touched(CONVERSATIONS)
          for (let ms = 0; ms < waitMs; ms++) {
            clock.elapse(1)
            running++
          }
        }
        running += LIVE_INTERVAL_MS
        clock.elapse(LIVE_INTERVAL_MS)
        expect(shown(query)).toBe(`${list.length}`)
        if (list.every(({ jumpMs }) => jumpMs <= 0)) {
          for (const [index, time] of at.slice(1).entries())
            expect(time - (at[index] ?? 0)).toBeGreaterThanOrEqual(LIVE_INTERVAL_MS - 1)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('[API-8] what is disposed of is silent, and the others go on', () => {
    const { clock, live, open, shown, state } = createScene()
    const [one, two] = [open(), open()]
    let told = 0
    one.subscribe(() => told++)
    clock.elapse(1)
    expect(told).toBe(1)
    state.value = 5
    live.touched(CONVERSATIONS)
    one.dispose()
    clock.elapse(1_000)
    expect([told, shown(one), shown(two), clock.timers]).toEqual([1, '0', '5', 0])
  })

  it('[API-8] a query that cannot be answered says so, and answers later when it can', async () => {
    const { clock, live, open, state, shown, failures } = createScene()
    state.value = new EngineError('CONVERSATION_NOT_FOUND')
    const query = open()
    const ready = query.whenReady()
    clock.elapse(1)
    await expect(ready).rejects.toThrow(EngineError)
    state.value = 3
    live.touched(CONVERSATIONS)
    clock.elapse(LIVE_INTERVAL_MS)
    expect([shown(query), failures]).toEqual(['3', []])
    state.value = new Error('a defect')
    live.touched(CONVERSATIONS)
    clock.elapse(LIVE_INTERVAL_MS)
    expect([shown(query), failures.length]).toEqual(['3', 1])
  })

  it('[API-8] closing leaves no timer', () => {
    const { clock, live, open } = createScene()
    open()
    clock.elapse(1)
    live.on('messages.changed', () => undefined)
    live.messagesChanged(new Map([['c', new Set(['a'])]]))
    live.messagesChanged(new Map([['c', new Set(['b'])]]))
    live.touched(CONVERSATIONS)
    live.close()
    expect(clock.timers).toBe(0)
  })
})

describe('events', () => {
  it('[API-8] tell of the first change at once, of later ones together, and of each message once a time', () => {
    const { clock, live } = createScene()
    const told: string[] = []
    const end = live.on('messages.changed', ({ conversation, messages }) =>
      told.push(`${conversation}: ${messages.map(({ id }) => id).join(' ')}`),
    )
    const change = (conversation: string, ...ids: string[]) =>
      live.messagesChanged(new Map([[conversation, new Set(ids)]]))
    change('c', 'a')
    expect(told).toEqual(['c: a'])
    change('c', 'b')
    change('c', 'b', 'd')
    change('e', 'f')
    expect(told).toHaveLength(1)
    clock.elapse(LIVE_INTERVAL_MS)
    expect(told.slice(1)).toEqual(['c: b d', 'e: f'])
    end()
    change('c', 'g')
    clock.elapse(1_000)
    expect(told).toHaveLength(3)
  })

  it('[API-8] a listener that throws disturbs nobody', () => {
    const { live, failures } = createScene()
    const told: number[] = []
    live.on('messages.changed', () => {
      throw new Error('listener')
    })
    live.on('messages.changed', ({ messages }) => told.push(messages.length))
    live.messagesChanged(new Map([['c', new Set(['a'])]]))
    expect([told, failures.length]).toEqual([[1], 1])
  })
})
