import type { Message } from '@parley/engine/api'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  appendPage,
  pageToWindow,
  prependPage,
  refreshWithLatest,
  trimWindow,
  upsertMessages,
  WINDOW_MESSAGES_KEPT,
  WINDOW_MESSAGES_MAX,
  type TimelineWindow,
} from './window.ts'

const message = (at: number, text = 'a'): Message => ({
  id: `m${at}`,
  conversation: 'c',
  sender: at % 2 === 0 ? 'me' : 'them',
  content: { type: 'text', text },
  sentAt: at,
  state: 'sent',
  parents: [],
  order: String(at).padStart(8, '0'),
  reactions: [],
  hasGapBefore: false,
  isClockSkewed: false,
})
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => message(from + at))
const ids = (window: TimelineWindow) => window.messages.map((each) => each.id)
const all: TimelineWindow = { messages: [], hasBefore: false, hasAfter: false }

describe('the window of a timeline', () => {
  it('is the same in whatever order, and however often, messages arrive', () => {
    const arrivals = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 80 })
    fc.assert(
      fc.property(arrivals, fc.array(fc.integer({ min: 1, max: 9 })), (order, cuts) => {
        let window = all
        let rest = order.map((at) => message(at))
        for (const cut of [...cuts, rest.length]) {
          window = upsertMessages(window, rest.slice(0, cut))
          rest = rest.slice(cut)
        }
        expect(ids(window)).toEqual([...new Set(order)].toSorted((a, b) => a - b).map((at) => `m${at}`))
      }),
    )
  })

  it('keeps out what belongs to a part that is not loaded', () => {
    const window = { messages: range(10, 20), hasBefore: true, hasAfter: true }
    expect(upsertMessages(window, [message(3), message(25)])).toBe(window)
    expect(ids(upsertMessages({ ...window, hasAfter: false }, [message(25)]))).toContain('m25')
    expect(upsertMessages({ messages: [], hasBefore: true, hasAfter: true }, [message(1)]).messages).toEqual([])
  })

  it('replaces a message that looks different, and moves it when its order changed', () => {
    const window = upsertMessages(all, range(0, 5))
    const edited = upsertMessages(window, [message(2, 'b')])
    expect(edited.messages[2]?.content).toEqual({ type: 'text', text: 'b' })
    expect(edited.messages[1]).toBe(window.messages[1])
    expect(ids(upsertMessages(window, [{ ...message(0), order: '00000009' }]))).toEqual(['m1', 'm2', 'm3', 'm4', 'm0'])
  })

  it('grows at both ends and lets go of the far one', () => {
    const middle = pageToWindow({ messages: range(100, 150), hasBefore: true, hasAfter: true })
    const older = prependPage(middle, { messages: range(50, 100), hasBefore: false, hasAfter: true })
    expect([older.messages.length, older.hasBefore, older.hasAfter]).toEqual([100, false, true])
    const newer = appendPage(middle, { messages: range(150, 200), hasBefore: true, hasAfter: false })
    expect([newer.messages.length, newer.hasBefore, newer.hasAfter]).toEqual([100, true, false])
    const big = { messages: range(0, WINDOW_MESSAGES_MAX + 10), hasBefore: false, hasAfter: false }
    expect(trimWindow(big, 'end', WINDOW_MESSAGES_MAX)).toMatchObject({ hasBefore: false, hasAfter: true })
    const late = trimWindow(big, 'start', WINDOW_MESSAGES_MAX)
    expect(late.messages).toHaveLength(WINDOW_MESSAGES_KEPT)
    expect(late.messages.at(-1)).toBe(big.messages.at(-1))
    expect(trimWindow(middle, 'start', WINDOW_MESSAGES_MAX)).toBe(middle)
  })

  it('joins the newest page where it overlaps and starts again where it does not', () => {
    const window = pageToWindow({ messages: range(0, 50), hasBefore: false, hasAfter: false })
    expect(
      refreshWithLatest(window, { messages: range(40, 90), hasBefore: true, hasAfter: false }).messages,
    ).toHaveLength(90)
    const far = refreshWithLatest(window, { messages: range(200, 250), hasBefore: true, hasAfter: false })
    expect([far.messages.length, far.hasBefore]).toEqual([50, true])
    expect(refreshWithLatest(all, { messages: range(0, 3), hasBefore: false, hasAfter: false }).messages).toHaveLength(
      3,
    )
  })
})
