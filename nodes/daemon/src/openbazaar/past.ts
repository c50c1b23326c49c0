import type { ApiClient, Message } from '@parley/engine'

/**
 * Tells new messages from changes of those that were there when the session began: states that move on, reactions,
 * holes that are filled.
 */
export class Past {
  readonly #client: ApiClient
  /** Unix milliseconds. An own message before this is an old one: it is our own clock. */
  readonly #startedAt: number
  /** The last place of each conversation at the start, by conversation. */
  readonly #orders: Promise<ReadonlyMap<string, string>>

  constructor(client: ApiClient, startedAt: number) {
    this.#client = client
    this.#startedAt = startedAt
    this.#orders = client.call('conversations.list', {}).then(
      (all) =>
        new Map(all.flatMap(({ id, lastMessage }) => (lastMessage === undefined ? [] : [[id, lastMessage.order]]))),
      // The account is closing, or its disk failed, which its own events will say.
      () => new Map(),
    )
  }

  async isNew(message: Message, outgoing: boolean): Promise<boolean> {
    if (outgoing) return message.sentAt >= this.#startedAt
    const last = (await this.#orders).get(message.conversation)
    if (last === undefined || message.order > last) return true
    // Late by its place: new if it is still to be read.
    const discussions = await this.#client.call('discussions.list', { subject: message.subject ?? '' })
    return discussions.some(({ conversation, unread }) => conversation === message.conversation && unread > 0)
  }
}
