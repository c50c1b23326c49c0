/** Tells the sockets what happens: messages, typing, receipts, people who ask. Spec: OBG-16. */
import { REQUESTS_PENDING_MAX } from '@parley/core'
import type { EventOf, LogPort, Message } from '@parley/engine'
import { type ChatMessage, chatMessage, chatOfRequest } from './chat-views.ts'
import { idOfNothing, peerIdOf } from './names.ts'
import { Past } from './past.ts'
import type { Origin } from './routes.ts'
import type { Session } from './session.ts'
import type { Sockets } from './sockets.ts'
import { Remembered, type Told } from './told.ts'

export class Teller implements Told {
  readonly #sockets: Sockets
  readonly #log: LogPort
  readonly #told = new Remembered()
  readonly #writing = new Set<Promise<unknown>>()
  /** Words that a request came with: they come again as the first message of the conversation. */
  readonly #asked = new Map<string, string>()
  #work: Promise<void> = Promise.resolve()

  constructor(sockets: Sockets, log: LogPort) {
    this.#sockets = sockets
    this.#log = log
  }

  /** From now on what happens in the session is told. @returns the function that ends it. */
  follow(session: Session): () => void {
    const { client, people } = session
    // What was there before is read, not told.
    for (const [, { id }] of people.requests) this.#told.add(id)
    const past = new Past(client, Date.now())
    const stops = [
      client.on('messages.changed', (event) => this.#later(() => this.#changed(session, event, past))),
      client.on('typing.noticed', (event) => this.#later(() => this.#typing(event))),
      people.onChanged(() => this.#later(() => this.#requests(session))),
    ]
    return () => {
      for (const stop of stops) stop()
    }
  }

  whileWriting<T>(write: () => Promise<T>): Promise<T> {
    const writing = write()
    const finished = writing.then(
      () => undefined,
      () => undefined,
    )
    this.#writing.add(finished)
    void finished.then(() => this.#writing.delete(finished))
    return writing
  }

  written(message: ChatMessage, origin: Origin): void {
    if (this.#told.add(message.messageId)) this.#sockets.send({ message }, origin)
  }

  say(frame: object): void {
    this.#sockets.send(frame)
  }

  /** In the order of the commits. */
  #later(task: () => Promise<void> | void): void {
    this.#work = this.#work.then(task).catch((error: unknown) => {
      this.#log.log('warn', 'the sockets missed an event', { reason: String(error) })
    })
  }

  async #changed(session: Session, { messages }: EventOf<'messages.changed'>, past: Past): Promise<void> {
    // Whoever writes just now tells of it first, to all but one.
    await Promise.all(this.#writing)
    const receipts = new Map<string, object>()
    for (const message of messages) {
      const contact = await session.people.contactOf(message.conversation)
      if (contact === undefined) continue
      const peerId = peerIdOf(contact.account)
      const outgoing = message.sender === session.people.account
      const messageId = session.aliases.idOf(message)
      if (await past.isNew(message, outgoing)) this.#message(message, { messageId, peerId, outgoing })
      const subject = message.subject ?? ''
      if (outgoing && message.state === 'read' && this.#told.add(`read ${message.id}`)) {
        // One receipt stands for everything before it: the newest of each subject is enough.
        receipts.delete(`${peerId} ${subject}`)
        receipts.set(`${peerId} ${subject}`, { messageRead: { messageId, peerId, subject } })
      }
    }
    for (const frame of receipts.values()) this.#sockets.send(frame)
  }

  #message(message: Message, facts: { messageId: string; peerId: string; outgoing: boolean }): void {
    const view = chatMessage(message, { ...facts, read: false })
    if (view === undefined) return
    // Others may use a copy id again; only own copies are one saying.
    const name = facts.outgoing ? facts.messageId : message.id
    if (!this.#told.add(name)) return
    if (!facts.outgoing && this.#asked.get(facts.peerId) === view.message) {
      this.#asked.delete(facts.peerId)
      return
    }
    const isToSeveral = facts.outgoing && message.copy !== undefined && view.subject !== ''
    this.#sockets.send({ message: isToSeveral ? { ...view, peerId: '' } : view })
  }

  #typing({ account, subject }: EventOf<'typing.noticed'>): void {
    this.#sockets.send({ messageTyping: { messageId: idOfNothing(), peerId: peerIdOf(account), subject } })
  }

  async #requests({ people, blocks }: Session): Promise<void> {
    for (const [peerId, request] of [...people.requests]) {
      if (!this.#told.add(request.id) || (await blocks.isBlocked(peerId))) continue
      this.#asked.set(peerId, request.text)
      if (this.#asked.size > REQUESTS_PENDING_MAX) this.#asked.delete(this.#asked.keys().next().value ?? '')
      this.#sockets.send({ message: chatOfRequest(request, peerId, false) })
    }
  }
}
