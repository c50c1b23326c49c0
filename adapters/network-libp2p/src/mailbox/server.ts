/** The holder's end of the mailbox protocol: one stream for each peer, everything on it bounded. Spec: MBX-1, MBX-3. */
import { MAILBOX_REQUESTS_MAX } from '@parley/core'
import type { LogPort, MailboxServer } from '@parley/engine'
import { StreamLink } from '../stream-link.ts'
import type { LinkConnection, LinkStream } from '../stream-lane.ts'
import { MAILBOX_BUFFER_BYTES_MAX, decodeMessage, encodeMessage } from './messages.ts'
import type { MailboxMessage } from './messages.ts'

/** Requests of one stream that are worked on at a time: each may hold a frame, and its answer another one. */
const SERVED_AT_ONCE_MAX = 8
/** Bytes of requests that wait for their turn; beyond it the stream is not read. */
const QUEUE_BYTES_MAX = 1_048_576

export class MailboxService {
  readonly #server: MailboxServer
  readonly #log: LogPort
  readonly #streamsByPeer = new Map<string, ServedStream>()
  #isStopped = false

  constructor(server: MailboxServer, log: LogPort) {
    this.#server = server
    this.#log = log
  }

  /** Serves a stream that the other end opened. A peer has one; the one before it ends. */
  accept(stream: LinkStream, connection: LinkConnection): void {
    const link = new StreamLink(stream, connection, 'inbound', MAILBOX_BUFFER_BYTES_MAX)
    if (this.#isStopped) {
      link.abort('local')
      return
    }
    const { peerId } = link
    this.#streamsByPeer.get(peerId)?.abort()
    const served: ServedStream = new ServedStream(link, this.#server, this.#log, () => {
      if (this.#streamsByPeer.get(peerId) === served) this.#streamsByPeer.delete(peerId)
    })
    this.#streamsByPeer.set(peerId, served)
  }

  stop(): void {
    this.#isStopped = true
    for (const served of this.#streamsByPeer.values()) served.abort()
  }
}

class ServedStream {
  readonly #link: StreamLink
  readonly #server: MailboxServer
  readonly #log: LogPort
  readonly #onEnd: () => void
  readonly #queue: MailboxMessage[] = []
  #queueBytes = 0
  #running = 0
  /** Answers that the send buffer had no room for. */
  readonly #answers: Uint8Array[] = []
  #resume: (() => void) | undefined

  constructor(link: StreamLink, server: MailboxServer, log: LogPort, onEnd: () => void) {
    this.#link = link
    this.#server = server
    this.#log = log
    this.#onEnd = onEnd
    link.listen({
      onFrame: (frame) => this.#onFrame(frame),
      onDrain: () => this.#work(),
      onClose: () => this.#end(),
    })
  }

  abort(): void {
    this.#link.abort('local')
    this.#end()
  }

  #onFrame(frame: Uint8Array): void | Promise<void> {
    const message = decodeMessage(frame)
    const waiting = this.#queue.length + this.#running + this.#answers.length
    if (message === undefined || waiting >= MAILBOX_REQUESTS_MAX) {
      this.#link.abort('malformed')
      return
    }
    this.#queue.push(message)
    this.#queueBytes += message.body.length
    this.#work()
    if (this.#queueBytes <= QUEUE_BYTES_MAX) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#resume = resolve
    return promise
  }

  /** Sends what waits; then takes on as much as may be answered without more room than a few answers. */
  #work(): void {
    while (this.#answers[0] !== undefined && this.#link.send(this.#answers[0])) this.#answers.shift()
    while (this.#link.isOpen && this.#running + this.#answers.length < SERVED_AT_ONCE_MAX) {
      const message = this.#queue.shift()
      if (message === undefined) break
      this.#queueBytes -= message.body.length
      this.#running += 1
      this.#answer(message).catch((error: unknown) => {
        this.#log.log('error', 'a mailbox request was not answered', { error: String(error) })
        this.#link.abort('transport')
      })
    }
    if (this.#queueBytes > QUEUE_BYTES_MAX) return
    this.#resume?.()
    this.#resume = undefined
  }

  async #answer({ id, body }: MailboxMessage): Promise<void> {
    const answer = await this.#server(this.#link.peerId, body)
    this.#running -= 1
    if (answer === undefined) this.#link.abort('local')
    else this.#answers.push(encodeMessage(id, answer))
    if (this.#link.isOpen) this.#work()
  }

  #end(): void {
    this.#queue.length = 0
    this.#queueBytes = 0
    this.#answers.length = 0
    // whoever still reads for this stream finds it closed
    this.#resume?.()
    this.#resume = undefined
    this.#onEnd()
  }
}
