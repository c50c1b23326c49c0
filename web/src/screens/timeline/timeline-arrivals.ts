import type { Message } from '@parley/engine/api'
import { stepOf } from '../../ui/message-status.ts'
import type { TimelineCore } from './timeline-core.ts'
import type { StepNews } from './timeline-types.ts'
import { findMessage, upsertMessages } from './window.ts'

/** Messages from the node, taken in at most once a frame. */
export interface TimelineArrivals {
  take(messages: readonly Message[]): void
}

/** What happened to own messages that were known before. */
const stepsBetween = (before: readonly Message[], after: readonly Message[], me: string): readonly StepNews[] => {
  const old = new Map(before.map((message) => [message.id, message]))
  return after.flatMap((message) => {
    const known = message.sender === me ? old.get(message.id) : undefined
    const step = known === undefined || known === message ? undefined : stepOf(known, message)
    return step === undefined ? [] : [{ message, step }]
  })
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
    const steps = stepsBetween(window.messages, next.messages, me)
    const isFresh = wasAtEnd && last !== undefined && !known.has(last.id)
    // What was spoken follows its message, so that a deleted text does not stay where only a screen reader finds it.
    const spoken = store.getSnapshot().announced.map((message) => findMessage(next, message.id) ?? message)
    lay({
      ...(isFresh ? { freshKey: keyOf(last.id) } : {}),
      announced: core.isOpen && arrived.length > 0 ? arrived : spoken,
      ...(core.isOpen && steps.length > 0 ? { steps } : {}),
    })
  }

  owned.add(() => cancelFlush?.())
  return {
    take: (messages) => {
      core.waiting.push(...messages.filter(({ id }) => !core.dropped.has(id)))
      if (store.getSnapshot().phase === 'ready') cancelFlush ??= environment.schedule(flush)
    },
  }
}
