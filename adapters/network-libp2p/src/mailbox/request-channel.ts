/** The caller's end of one stream: requests go out in order, answers come in any order. Spec: MBX-1, MBX-2. */
import { MAILBOX_REQUESTS_MAX } from '@parley/core'
import { PortError } from '@parley/engine'
import type { Cancel } from '@parley/engine'
import type { StreamLink } from '../stream-link.ts'
import { decodeMessage, encodeMessage, nextId } from './messages.ts'

/** So many requests without an answer, and the stream is not worth keeping. */
const UNANSWERED_MAX = MAILBOX_REQUESTS_MAX / 2

interface Waiting {
  readonly body: Uint8Array
  readonly resolve: (body: Uint8Array) => void
  readonly reject: (error: unknown) => void
  /** Nobody waits any more; the other end does not know. */
  isSettled: boolean
  /** {@link RequestChannel.#answers} when it was sent. */
  answersBefore: number
  cancelTimeout: Cancel
}

export interface RequestChannelOptions {
  readonly timeoutMs: number
  readonly idleMs: number
  readonly after: (delayMs: number, fire: () => void) => Cancel
  /** The stream is over, and with it every request; called once. */
  onEnd(): void
}

export class RequestChannel {
  readonly #link: StreamLink
  readonly #options: RequestChannelOptions
  /** Not sent yet. */
  readonly #queue: Waiting[] = []
  readonly #sentById = new Map<number, Waiting>()
  /** Of requests that failed, so that the other end may still answer them. */
  #unanswered = 0
  #answers = 0
  #nextId = 0
  #isEnded = false
  #cancelIdle: Cancel = () => undefined

  constructor(link: StreamLink, options: RequestChannelOptions) {
    this.#link = link
    this.#options = options
    link.listen({
      onFrame: (frame) => this.#onFrame(frame),
      onDrain: () => this.#pump(),
      onClose: (reason) => this.#end(`the stream ended: ${reason}`),
    })
    this.#watchIdle()
  }

  get isOpen(): boolean {
    return !this.#isEnded && this.#link.isOpen
  }

  /** @throws PortError `UNREACHABLE`, retryable; the abort reason. */
  async request(body: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    signal.throwIfAborted()
    if (!this.isOpen) throw unreachable('the stream ended')
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
    const waiting: Waiting = {
      body,
      resolve,
      reject,
      isSettled: false,
      answersBefore: 0,
      cancelTimeout: () => undefined,
    }
    const abort = (): void => this.#giveUp(waiting, signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    this.#cancelIdle()
    this.#queue.push(waiting)
    this.#pump()
    try {
      return await promise
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  close(): void {
    this.#link.close()
    this.#end('closed')
  }

  #pump(): void {
    while (this.isOpen && this.#sentById.size < MAILBOX_REQUESTS_MAX) {
      const waiting = this.#queue[0]
      if (waiting === undefined) return
      const id = this.#nextId
      if (!this.#link.send(encodeMessage(id, waiting.body))) return
      this.#sentById.set(id, waiting)
      this.#nextId = nextId(id, this.#sentById)
      this.#queue.shift()
      waiting.answersBefore = this.#answers
      waiting.cancelTimeout = this.#options.after(this.#options.timeoutMs, () => this.#timedOut(waiting))
    }
  }

  #onFrame(frame: Uint8Array): void {
    const answer = decodeMessage(frame)
    const waiting = answer && this.#sentById.get(answer.id)
    if (answer === undefined || waiting === undefined) {
      this.#fail('malformed', 'an answer to nothing')
      return
    }
    this.#sentById.delete(answer.id)
    this.#answers += 1
    waiting.cancelTimeout()
    if (waiting.isSettled) this.#unanswered -= 1
    else waiting.resolve(answer.body)
    waiting.isSettled = true
    this.#pump()
    this.#watchIdle()
  }

  #timedOut(waiting: Waiting): void {
    this.#giveUp(waiting, unreachable(`no answer within ${this.#options.timeoutMs} ms`))
    // nothing at all came back since: the other end is gone and nobody has noticed yet
    if (waiting.answersBefore === this.#answers) this.#fail('transport', 'the other end is silent')
  }

  #giveUp(waiting: Waiting, error: unknown): void {
    if (waiting.isSettled) return
    waiting.isSettled = true
    waiting.cancelTimeout()
    waiting.reject(error)
    const place = this.#queue.indexOf(waiting)
    if (place >= 0) this.#queue.splice(place, 1)
    else this.#unanswered += 1
    if (this.#unanswered > UNANSWERED_MAX) this.#fail('transport', 'too many requests without an answer')
    else this.#watchIdle()
  }

  #fail(reason: 'malformed' | 'transport', why: string): void {
    this.#link.abort(reason)
    this.#end(why)
  }

  #end(why: string): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#cancelIdle()
    const waiting = [...this.#sentById.values(), ...this.#queue.splice(0)]
    this.#sentById.clear()
    for (const { cancelTimeout, reject, isSettled } of waiting) {
      cancelTimeout()
      if (!isSettled) reject(unreachable(why))
    }
    this.#options.onEnd()
  }

  #watchIdle(): void {
    this.#cancelIdle()
    if (this.#isEnded || this.#queue.length > 0 || this.#sentById.size > this.#unanswered) return
    this.#cancelIdle = this.#options.after(this.#options.idleMs, () => this.close())
  }
}

const unreachable = (why: string): PortError =>
  new PortError('UNREACHABLE', `The mailbox did not answer: ${why}.`, true)
