/** The mailbox port of one process of one device in the simulated network. */
import { assert, isHint, MAILBOX_BODY_BYTES_MAX, MAILBOX_TIMEOUT_MS, WAKE_TOPICS } from '@parley/core'
import { PortError, type MailboxHandlers, type MailboxPort } from '@parley/engine'
import type { Exchange } from './exchange.ts'
import type { SimNode } from './push-node.ts'

/** A walk to the closest peers of a key. */
const WALK_MS_MIN = 100
const WALK_MS_MAX = 3_000

export class SimMailbox implements MailboxPort {
  readonly #exchange: Exchange
  readonly #peerId: string
  readonly #configured: readonly string[]
  readonly #stopping = new AbortController()
  #handlers: MailboxHandlers | undefined
  #connected: readonly string[] = []
  #topics: ReadonlySet<number> = new Set()
  #isDead = false

  /** @param configured addresses of push nodes, connected as long as they can be heard. */
  constructor(exchange: Exchange, peerId: string, configured: readonly string[]) {
    this.#exchange = exchange
    this.#peerId = peerId
    this.#configured = configured
  }

  start(handlers: MailboxHandlers): void {
    this.#handlers = handlers
    this.#exchange.join(this)
    const { timeline, dice } = this.#exchange.host
    timeline.after(dice.between(1, 300), () => this.refresh())
  }

  stop(): void {
    this.#exchange.leave(this)
    this.#handlers = undefined
    this.#connected = []
    this.#stopping.abort(new PortError('UNREACHABLE', 'The network has stopped.', false))
  }

  /** The process is gone: nothing is told to it any more. */
  kill(): void {
    this.#isDead = true
    this.#handlers = undefined
    this.#connected = []
    this.#exchange.leave(this)
  }

  pushNodes(): readonly string[] {
    return this.#connected
  }

  async request(address: string, request: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    assert(request.length <= MAILBOX_BODY_BYTES_MAX, 'a request has at most MAILBOX_BODY_BYTES_MAX bytes')
    this.#throwIfOver(signal)
    assert(this.#handlers !== undefined || this.#isDead, 'request before start')
    return this.#race(signal, (resolve, reject) => this.#ask(address, request.slice(), resolve, reject))
  }

  async closest(key: Uint8Array, signal: AbortSignal): Promise<readonly string[]> {
    this.#throwIfOver(signal)
    const { timeline, dice } = this.#exchange.host
    await this.#race<void>(signal, (resolve) => timeline.after(dice.between(WALK_MS_MIN, WALK_MS_MAX), resolve))
    return this.#exchange.closest(key).map(({ address }) => address)
  }

  listen(topics: ReadonlySet<number>): void {
    this.#topics = new Set(topics)
  }

  wake(topic: number, hint: Uint8Array): void {
    assert(Number.isInteger(topic) && topic >= 0 && topic < WAKE_TOPICS, 'a topic is a number below WAKE_TOPICS')
    assert(isHint(hint), 'a hint is whole prefixes, at most WAKE_BYTES_MAX')
    if (this.#connected.length === 0 || this.#isDead) return
    this.#exchange.host.tally.count('wake-up')
    this.#exchange.host.step(this.#peerId, 'wakes')
    this.#exchange.publish(this, topic, hint.slice())
  }

  hear(topic: number, hint: Uint8Array): void {
    if (this.#connected.length > 0 && this.#topics.has(topic)) this.#handlers?.onWake(topic, hint)
  }

  /** Looks which of the configured nodes can be heard now. */
  refresh(): void {
    if (this.#handlers === undefined) return
    const connected = this.#configured.filter((address) => {
      const node = this.#exchange.find(address)
      return node?.isUp === true && !this.#exchange.host.isPartitioned(this.#peerId, node.peerId)
    })
    if (connected.join() === this.#connected.join()) return
    this.#connected = connected
    this.#handlers.onPushNodes()
  }

  #throwIfOver(signal: AbortSignal): void {
    signal.throwIfAborted()
    this.#stopping.signal.throwIfAborted()
  }

  /** @returns how to forget the question. */
  #ask(
    address: string,
    request: Uint8Array,
    resolve: (answer: Uint8Array) => void,
    reject: (error: unknown) => void,
  ): () => void {
    const { host } = this.#exchange
    const { timeline, dice, tally, faults } = host
    const cancel = timeline.after(MAILBOX_TIMEOUT_MS, () => reject(unreachable('No answer came in time.')))
    const node = this.#exchange.find(address)
    const latency = () => dice.between(faults().latencyMsMin, faults().latencyMsMax)
    if (node === undefined) {
      timeline.after(latency(), () => reject(unreachable('Nobody is there.')))
      return cancel
    }
    host.onAsked(this.#peerId, node, request)
    host.step(this.#peerId, 'asked')
    if (dice.chance(faults().requestLoss)) tally.count('request lost')
    else timeline.after(latency(), () => this.#arrive(node, request, latency, resolve, reject))
    return cancel
  }

  #arrive(
    node: SimNode,
    request: Uint8Array,
    latency: () => number,
    resolve: (answer: Uint8Array) => void,
    reject: (error: unknown) => void,
  ): void {
    const { host } = this.#exchange
    const { timeline, dice, tally, faults } = host
    if (host.isPartitioned(this.#peerId, node.peerId)) return tally.count('request into a partition')
    host.step(node.name, 'is asked')
    const fail = () => timeline.after(latency(), () => reject(unreachable('The node went away.')))
    if (!node.isUp) return void fail()
    node.pending.add(fail)
    void node.serve(this.#peerId, request).then(({ answer, delayMs }) => {
      host.step(node.name, 'answers')
      if (!node.pending.delete(fail)) return
      if (answer === undefined) return void fail()
      host.onAnswered(this.#peerId, node, request, answer)
      if (dice.chance(faults().answerLoss)) return tally.count('answer lost')
      timeline.after(delayMs + latency(), () => {
        if (host.isPartitioned(this.#peerId, node.peerId)) return
        host.step(this.#peerId, 'hears')
        resolve(answer.slice())
      })
    })
  }

  /** `work` settles the promise, unless the caller or the network ends first; what it returns takes its timer away. */
  async #race<T>(
    signal: AbortSignal,
    work: (resolve: (value: T) => void, reject: (error: unknown) => void) => () => void,
  ): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const alive = (value: T) => this.#isDead || resolve(value)
    const cancel = work(alive, (error) => this.#isDead || reject(error))
    const abort = (): void => reject(signal.reason)
    const stop = (): void => reject(this.#stopping.signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    this.#stopping.signal.addEventListener('abort', stop, { once: true })
    try {
      return await promise
    } finally {
      cancel()
      signal.removeEventListener('abort', abort)
      this.#stopping.signal.removeEventListener('abort', stop)
    }
  }
}

const unreachable = (message: string): PortError => new PortError('UNREACHABLE', message, true)
