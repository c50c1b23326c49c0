import type { Message } from '@parley/engine/api'
import type { TimelineCore } from './timeline-core.ts'

/** Reading is told in one go when several messages come into view together. */
const READ_DELAY_MS = 120

/** Tells the node how far a person has read, while a person is there. */
export interface ReadMarker {
  see(message: Message): void
  /** What is unread may be another number now: a message may have come into view before it was counted. */
  recount(): void
}

export const createReadMarker = (core: TimelineCore): ReadMarker => {
  const { client, environment, conversation, current } = core.ports
  /** Seen, and not told yet. */
  let untold: Message | undefined
  let cancelTelling: (() => void) | undefined

  const tell = () => {
    cancelTelling = undefined
    const upTo = untold
    untold = undefined
    if (upTo === undefined) return
    client.call('conversations.read', { conversation, upTo: upTo.id }).catch(() => {
      // The next sight tells it again.
      core.seenOrder = ''
    })
  }
  const recount = () => {
    if (untold !== undefined && (current()?.unread ?? 0) > 0) cancelTelling ??= environment.after(READ_DELAY_MS, tell)
  }
  core.owned.add(() => cancelTelling?.())
  return {
    see: (message) => {
      if (message.order <= core.seenOrder || !environment.isAttended()) return
      core.seenOrder = message.order
      untold = message
      recount()
    },
    recount,
  }
}
