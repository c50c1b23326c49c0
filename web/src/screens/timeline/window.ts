import type { Message } from '@parley/engine/api'

/** A contiguous stretch of one conversation in display order. Immutable. */
export interface TimelineWindow {
  readonly messages: readonly Message[]
  readonly hasBefore: boolean
  readonly hasAfter: boolean
}

export type MessagePage = TimelineWindow

/** Beyond this many messages the far end is let go, as soon as nothing moves, and loaded again when wanted … */
export const WINDOW_MESSAGES_MAX = 2_000
/** … so that these are left: more than half, because the reader may be in the middle. */
export const WINDOW_MESSAGES_KEPT = 1_500
/** Somebody who scrolls on and on without any rest gets at most this many at once. */
export const WINDOW_MESSAGES_MOVING_MAX = 6_000

/** Where a message of this order stands, or would stand. */
const positionOf = (messages: readonly Message[], order: string): number => {
  let low = 0
  let high = messages.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((messages[middle]?.order ?? '') < order) low = middle + 1
    else high = middle
  }
  return low
}

const sorted = (messages: readonly Message[]): Message[] => {
  const byId = new Map(messages.map((message) => [message.id, message]))
  return [...byId.values()].sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0))
}

/** A window out of a page. */
export const pageToWindow = (page: MessagePage): TimelineWindow => ({ ...page, messages: sorted(page.messages) })

/**
 * Takes in messages that are new or look different. One that belongs outside of the window is left out: it is found
 * when that part is loaded. Order and repetition of the calls do not matter.
 */
export const upsertMessages = (window: TimelineWindow, changed: readonly Message[]): TimelineWindow => {
  const incoming = new Map(changed.map((message) => [message.id, message]))
  let isTouched = false
  let mustSort = false
  const kept = window.messages.map((message) => {
    const next = incoming.get(message.id)
    if (next === undefined) return message
    incoming.delete(message.id)
    isTouched = true
    mustSort ||= next.order !== message.order
    return next
  })
  const first = kept[0]?.order
  const last = kept.at(-1)?.order
  const added = [...incoming.values()].filter((message) => {
    if (first === undefined || last === undefined) return !window.hasBefore && !window.hasAfter
    if (message.order < first) return !window.hasBefore
    if (message.order > last) return !window.hasAfter
    return true
  })
  if (added.length === 0) return isTouched ? { ...window, messages: mustSort ? sorted(kept) : kept } : window
  if (mustSort) return { ...window, messages: sorted([...kept, ...added]) }
  // The usual case by far: one message at the end.
  for (const message of sorted(added)) kept.splice(positionOf(kept, message.order), 0, message)
  return { ...window, messages: kept }
}

/** Joins an older page to the front. */
export const prependPage = (window: TimelineWindow, page: MessagePage): TimelineWindow => ({
  messages: sorted([...page.messages, ...window.messages]),
  hasBefore: page.hasBefore,
  hasAfter: window.hasAfter,
})

/** Joins a newer page to the end. */
export const appendPage = (window: TimelineWindow, page: MessagePage): TimelineWindow => ({
  messages: sorted([...window.messages, ...page.messages]),
  hasBefore: window.hasBefore,
  hasAfter: page.hasAfter,
})

/**
 * The newest page after a pause in hearing: joined where it overlaps or touches, taking the window's place where not.
 * What the page should have and has not is not on this device any more.
 */
export const refreshWithLatest = (window: TimelineWindow, page: MessagePage): TimelineWindow => {
  const known = new Set(window.messages.map((message) => message.id))
  const isOverlapping = page.messages.some((message) => known.has(message.id))
  if (!isOverlapping && (page.hasBefore || window.messages.length > 0)) return pageToWindow(page)
  const fresh = sorted(page.messages)
  // Answers and events come in the order of the node's log: nothing here can be newer than the page.
  const from = page.hasBefore ? (fresh[0]?.order ?? '') : ''
  const beyond = window.messages.filter(({ order }) => order < from)
  return {
    messages: sorted([...beyond, ...fresh]),
    hasBefore: page.hasBefore && (window.messages.length === 0 || window.hasBefore),
    hasAfter: false,
  }
}

/** Without a message that is not on this device any more. */
export const dropMessage = (window: TimelineWindow, id: string): TimelineWindow => ({
  ...window,
  messages: window.messages.filter((message) => message.id !== id),
})

/** Lets go of the end that the reader is far from when there are more than `max` messages. */
export const trimWindow = (window: TimelineWindow, farEnd: 'start' | 'end', max: number): TimelineWindow => {
  if (window.messages.length <= max) return window
  return farEnd === 'start'
    ? { ...window, messages: window.messages.slice(-WINDOW_MESSAGES_KEPT), hasBefore: true }
    : { ...window, messages: window.messages.slice(0, WINDOW_MESSAGES_KEPT), hasAfter: true }
}

/** The message, if it is in the window. */
export const findMessage = (window: TimelineWindow, id: string): Message | undefined =>
  window.messages.find((message) => message.id === id)
