import type { ApiClient } from '@parley/engine/api'
import type { Environment } from '../../app/environment.ts'

const DRAFT_DELAY_MS = 400
/** At most one typing notification in this time. */
const TYPING_INTERVAL_MS = 3_000

interface NoticePorts {
  readonly client: ApiClient
  readonly environment: Environment
  readonly conversation: string
}

/** Stores the draft on the node's disk, a little after the last time that it was asked to. */
export const createDraftKeeper = ({ client, environment, conversation }: NoticePorts, text: () => string) => {
  let cancel: (() => void) | undefined
  /** Stores it now, if it is owed. */
  const flush = () => {
    if (cancel === undefined) return
    cancel()
    cancel = undefined
    client.call('conversations.setDraft', { conversation, text: text() }).catch(() => {
      // The text stays in the field; the next change stores it again.
    })
  }
  const keep = () => {
    cancel ??= environment.after(DRAFT_DELAY_MS, flush)
  }
  return { keep, flush }
}

/** Tells the other side that somebody is typing, not too often. */
export const createTypingNotice = ({ client, environment, conversation }: NoticePorts) => {
  let toldAt = Number.NEGATIVE_INFINITY
  return {
    tell: () => {
      const now = environment.now()
      if (now - toldAt < TYPING_INTERVAL_MS) return
      toldAt = now
      client.call('conversations.typing', { conversation }).catch(() => {
        // A hint, nothing more.
      })
    },
    /** What was typed was sent: the next letter is news again. */
    reset: () => {
      toldAt = Number.NEGATIVE_INFINITY
    },
  }
}
