/**
 * Which conversations may hold something unread. Asking the engine costs as much as there are conversations, and clients
 * ask for pages and mark as read all the time; so it is asked only where something may be.
 */
import type { ApiClient, Message } from '@parley/engine'

export class Unread implements Disposable {
  readonly #client: ApiClient
  readonly #account: string
  readonly #maybe = new Set<string>()
  /** The place of the newest message that was heard of, by conversation. */
  readonly #newest = new Map<string, string>()
  readonly #stop: () => void
  /** Incoming messages that were heard of; a look that began before the last of them proves nothing. */
  #heard = 0

  private constructor(client: ApiClient, account: string) {
    this.#client = client
    this.#account = account
    this.#stop = client.on('messages.changed', ({ conversation, messages }) => {
      for (const message of messages) this.#hear(conversation, message)
    })
  }

  static async open(client: ApiClient, account: string): Promise<Unread> {
    const unread = new Unread(client, account)
    for (const { id, lastMessage, unread: count } of await client.call('conversations.list', {})) {
      if (count > 0) unread.#maybe.add(id)
      if (lastMessage !== undefined) unread.#place(id, lastMessage.order)
    }
    return unread
  }

  #hear(conversation: string, message: Message): void {
    this.#place(conversation, message.order)
    if (message.sender === this.#account) return
    this.#heard += 1
    this.#maybe.add(conversation)
  }

  #place(conversation: string, order: string): void {
    const before = this.#newest.get(conversation)
    if (before === undefined || before < order) this.#newest.set(conversation, order)
  }

  /** False when surely nothing is unread. `newest`: of the page that is shown, which may be ahead of what was heard. */
  mayBeIn(conversation: string, newest?: Message): boolean {
    if (this.#maybe.has(conversation)) return true
    const known = this.#newest.get(conversation)
    return newest !== undefined && (known === undefined || newest.order > known)
  }

  /** Looks whether everything is read by now. */
  async settle(conversation: string): Promise<void> {
    const before = this.#heard
    const conversations = await this.#client.call('conversations.list', {})
    const count = conversations.find(({ id }) => id === conversation)?.unread ?? 0
    if (count === 0 && this.#heard === before) this.#maybe.delete(conversation)
  }

  [Symbol.dispose](): void {
    this.#stop()
  }
}
