import type { ApiClient, Message } from '@parley/engine'
import { PAST_CONVERSATIONS, PAST_MESSAGES } from './limits.ts'

/** What one conversation held at the start. */
interface Held {
  /** The last place. */
  readonly last: string
  /** The first place of which `ids` tells; `undefined`: of all. */
  readonly first: string | undefined
  readonly ids: ReadonlySet<string>
}

/**
 * Tells new messages from changes of those that were there when the session began: states that move on, reactions,
 * holes that are filled.
 */
export class Past {
  readonly #client: ApiClient
  /** Unix milliseconds. An own message before this is an old one: it is our own clock. */
  readonly #startedAt: number
  /** By conversation. */
  readonly #held: Promise<ReadonlyMap<string, Held>>

  constructor(client: ApiClient, startedAt: number) {
    this.#client = client
    this.#startedAt = startedAt
    // An account that is closing, or whose disk failed, says so by its own events.
    this.#held = this.#look().catch(() => new Map())
  }

  async isNew({ id, conversation, order, sentAt }: Message, outgoing: boolean): Promise<boolean> {
    if (outgoing) return sentAt >= this.#startedAt
    const held = (await this.#held).get(conversation)
    if (held === undefined || order > held.last) return true
    // Late by its place. So far back that nobody remembers what was there, it is for who reads the history.
    return (held.first === undefined || order >= held.first) && !held.ids.has(id)
  }

  /** The newest messages of the newest conversations are remembered one by one; of the others the last place. */
  async #look(): Promise<ReadonlyMap<string, Held>> {
    const held = new Map<string, Held>()
    const all = await this.#client.call('conversations.list', {})
    const newestFirst = all.toSorted((a, b) => b.updatedAt - a.updatedAt)
    for (const [index, { id, lastMessage }] of newestFirst.entries()) {
      if (lastMessage === undefined) continue
      const last = lastMessage.order
      held.set(id, { last, first: last, ids: new Set([lastMessage.id]) })
      if (index >= PAST_CONVERSATIONS) continue
      const page = await this.#client.call('messages.page', { conversation: id, limit: PAST_MESSAGES })
      const ids = new Set(page.messages.map((message) => message.id))
      held.set(id, { last, first: page.hasBefore ? page.messages[0]?.order : undefined, ids })
    }
    return held
  }
}
