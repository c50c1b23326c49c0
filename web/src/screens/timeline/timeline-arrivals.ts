import type { Message } from '@parley/engine/api'
import type { TimelineCore } from './timeline-core.ts'
import { findMessage, upsertMessages } from './window.ts'

/** Messages from the node, taken in at most once a frame. */
export interface TimelineArrivals {
  take(messages: readonly Message[]): void
}

export const createTimelineArrivals = (core: TimelineCore): TimelineArrivals => {
  const { ports, store, owned, echoes, lay, keyOf } = core
  const { environment } = ports
  let cancelFlush: (() => void) | undefined

  /** The first of what came while nobody looked, when everything before it was read. */
  const lineFor = (arrived: readonly Message[], lastIncoming: Message | undefined, wasAtEnd: boolean) => {
    const isCaughtUp = lastIncoming === undefined || lastIncoming.order <= core.seenOrder
    const isUnseen = core.isOpen && (!environment.isAttended() || !wasAtEnd)
    return isUnseen && (core.firstUnread === undefined || isCaughtUp) ? arrived[0]?.id : undefined
  }

  const flush = () => {
    cancelFlush = undefined
    const { window } = core
    const known = new Set(window.messages.map((message) => message.id))
    const me = ports.me()
    const lastIncoming = window.messages.findLast((message) => message.sender !== me)
    const next = upsertMessages(window, echoes.adopt(core.waiting, known))
    core.waiting = []
    if (next === window) return
    const wasAtEnd = core.isAtEnd && !window.hasAfter
    core.window = next
    const arrived = next.messages.filter((message) => !known.has(message.id) && message.sender !== me)
    core.firstUnread = lineFor(arrived, lastIncoming, wasAtEnd) ?? core.firstUnread
    const last = next.messages.at(-1)
    const isFresh = wasAtEnd && last !== undefined && !known.has(last.id)
    // What was spoken follows its message, so that a deleted text does not stay where only a screen reader finds it.
    const spoken = store.getSnapshot().announced.map((message) => findMessage(next, message.id) ?? message)
    lay({
      ...(isFresh ? { freshKey: keyOf(last.id) } : {}),
      announced: core.isOpen && arrived.length > 0 ? arrived : spoken,
    })
  }

  owned.add(() => cancelFlush?.())
  return {
    take: (messages) => {
      core.waiting.push(...messages)
      if (store.getSnapshot().phase === 'ready') cancelFlush ??= environment.schedule(flush)
    },
  }
}
