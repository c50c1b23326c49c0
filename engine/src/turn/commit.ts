/** What one commit changed, for those who look on. Collected inside the transaction, published after it is durable. */
export type Topic = 'me' | 'invites' | 'contacts' | 'requests' | 'conversations' | 'network' | 'profiles' | 'app'

export class Commit {
  /** Message ids (hex) by conversation whose view changed. */
  readonly #messages = new Map<string, Set<string>>()
  readonly #topics = new Set<Topic>()
  readonly #conversations = new Set<string>()
  readonly #wakes = new Set<string>()
  readonly #afterwards: (() => void)[] = []
  #isReleasing = false

  /** The message looks different now, or is new. */
  touchMessage(conversation: string, idHex: string): void {
    const ids = this.#messages.get(conversation)
    if (ids) ids.add(idHex)
    else this.#messages.set(conversation, new Set([idHex]))
    this.touchConversation(conversation)
  }

  touchConversation(conversation: string): void {
    this.#conversations.add(conversation)
    this.#topics.add('conversations')
  }

  touch(topic: Topic): void {
    this.#topics.add(topic)
  }

  /** Runs once everything is durable; must not throw. Sending to the network belongs here and nowhere else. */
  afterwards(run: () => void): void {
    this.#afterwards.push(run)
  }

  /** Something that was deposited waits no longer: what nobody needs any more may be taken back. OFF-8 */
  release(): void {
    this.#isReleasing = true
  }

  /** Something waits for this device now. */
  wake(peerId: string): void {
    this.#wakes.add(peerId)
  }

  get wakes(): ReadonlySet<string> {
    return this.#wakes
  }
  get isReleasing(): boolean {
    return this.#isReleasing
  }
  get messages(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#messages
  }
  get conversations(): ReadonlySet<string> {
    return this.#conversations
  }
  get topics(): ReadonlySet<Topic> {
    return this.#topics
  }
  get actions(): readonly (() => void)[] {
    return this.#afterwards
  }
}
