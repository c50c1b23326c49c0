/** The mailbox port in memory: servers and wake-ups of one hub. Deterministic: everything happens on the hub's clock. */
import {
  MAILBOX_BODY_BYTES_MAX,
  MAILBOX_REQUESTS_MAX,
  MAILBOX_TIMEOUT_MS,
  POINTER_REPLICAS_MAX,
  WAKE_TOPICS,
  assert,
  isHint,
  sha256,
} from '@parley/core'
import { PortError } from '@parley/engine'
import type { ClockPort, MailboxHandlers, MailboxPort, MailboxServer } from '@parley/engine'

/** Who serves and who listens, in one hub. */
export class MailboxExchange {
  readonly clock: ClockPort
  readonly latencyMs: number
  /** A peer that is in this hub and serves nothing. */
  readonly isKnown: (peerId: string) => boolean
  readonly #serversByPeer = new Map<string, Served>()
  readonly #mailboxes = new Set<MemoryMailbox>()

  constructor(clock: ClockPort, latencyMs: number, isKnown: (peerId: string) => boolean) {
    this.clock = clock
    this.latencyMs = latencyMs
    this.isKnown = isKnown
  }

  /** A server of before ends. */
  serve(peerId: string, server: MailboxServer): void {
    this.end(peerId)
    this.#serversByPeer.set(peerId, new Served(server))
    this.#changed()
  }

  end(peerId: string): void {
    const served = this.#serversByPeer.get(peerId)
    if (served === undefined) return
    this.#serversByPeer.delete(peerId)
    for (const fail of [...served.pending]) fail()
    this.#changed()
  }

  server(peerId: string): Served | undefined {
    return this.#serversByPeer.get(peerId)
  }

  /** Ids of all servers, the nearest to `key` first. */
  nearest(key: Uint8Array): readonly string[] {
    const byDistance = [...this.#serversByPeer.keys()].map((peerId) => ({ peerId, distance: distanceTo(key, peerId) }))
    return byDistance.toSorted((a, b) => (a.distance < b.distance ? -1 : 1)).map(({ peerId }) => peerId)
  }

  add(mailbox: MemoryMailbox): void {
    this.#mailboxes.add(mailbox)
  }

  delete(mailbox: MemoryMailbox): void {
    this.#mailboxes.delete(mailbox)
  }

  /** Tells everybody but `from`. A message passes a push node: two ways. */
  publish(from: MemoryMailbox, topic: number, hint: Uint8Array): void {
    this.clock.after(2 * this.latencyMs, () => {
      for (const mailbox of this.#mailboxes) if (mailbox !== from) mailbox.hear(topic, hint)
    })
  }

  #changed(): void {
    this.clock.after(this.latencyMs, () => {
      for (const mailbox of this.#mailboxes) mailbox.serversChanged()
    })
  }
}

/** One server and how to fail the requests that it has not answered. */
class Served {
  readonly server: MailboxServer
  readonly pending = new Set<() => void>()

  constructor(server: MailboxServer) {
    this.server = server
  }
}

export const memoryAddress = (peerId: string): string => `/memory/${peerId}/p2p/${peerId}`

const ADDRESS = /^\/memory\/([^/]+)\/p2p\/([^/]+)$/

export class MemoryMailbox implements MailboxPort {
  readonly #exchange: MailboxExchange
  readonly #peerId: string
  readonly #configured: readonly string[]
  readonly #stopping = new AbortController()
  /** Requests on their way by peer, and those that wait for one of them to end. */
  readonly #lanes = new Map<string, Lane>()
  #handlers: MailboxHandlers | undefined
  #topics: ReadonlySet<number> = new Set()
  #connected: readonly string[] = []

  /** @param pushNodes addresses of servers, connected as long as they serve. */
  constructor(exchange: MailboxExchange, peerId: string, pushNodes: readonly string[]) {
    this.#exchange = exchange
    this.#peerId = peerId
    this.#configured = pushNodes
  }

  start(handlers: MailboxHandlers): void {
    this.#handlers = handlers
    this.#exchange.add(this)
    this.#exchange.clock.after(this.#exchange.latencyMs, () => this.serversChanged())
  }

  stop(): void {
    this.#handlers = undefined
    this.#connected = []
    this.#exchange.delete(this)
    this.#stopping.abort(new PortError('UNREACHABLE', 'The network has stopped.', false))
  }

  async request(address: string, request: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    assert(request.length <= MAILBOX_BODY_BYTES_MAX, 'a request has at most MAILBOX_BODY_BYTES_MAX bytes')
    signal.throwIfAborted()
    this.#stopping.signal.throwIfAborted()
    assert(this.#handlers !== undefined, 'request before start')
    const [, at, peerId] = ADDRESS.exec(address) ?? []
    if (at === undefined || peerId === undefined) throw unreachable('This is not an address of a peer.', false)
    if (peerId === this.#peerId) throw unreachable('This peer id is our own.', false)
    const lane = this.#lanes.get(peerId) ?? new Lane()
    this.#lanes.set(peerId, lane)
    const leave = await lane.enter(signal)
    try {
      return await this.#ask(at, peerId, request, signal)
    } finally {
      if (leave()) this.#lanes.delete(peerId)
    }
  }

  pushNodes(): readonly string[] {
    return this.#connected
  }

  async closest(key: Uint8Array, signal: AbortSignal): Promise<readonly string[]> {
    signal.throwIfAborted()
    if (this.#handlers === undefined) return []
    await this.#race<void>(signal, (resolve) => this.#exchange.clock.after(2 * this.#exchange.latencyMs, resolve))
    const others = this.#exchange.nearest(key).filter((peerId) => peerId !== this.#peerId)
    return others.slice(0, POINTER_REPLICAS_MAX).map(memoryAddress)
  }

  listen(topics: ReadonlySet<number>): void {
    this.#topics = new Set(topics)
  }

  wake(topic: number, hint: Uint8Array): void {
    assertWake(topic, hint)
    if (this.#connected.length > 0) this.#exchange.publish(this, topic, hint.slice())
  }

  hear(topic: number, hint: Uint8Array): void {
    if (this.#connected.length > 0 && this.#topics.has(topic)) this.#handlers?.onWake(topic, hint.slice())
  }

  serversChanged(): void {
    if (this.#handlers === undefined) return
    const connected = this.#configured.filter(
      (address) => this.#exchange.server(ADDRESS.exec(address)?.[2] ?? '') !== undefined,
    )
    if (connected.join() === this.#connected.join()) return
    this.#connected = connected
    this.#handlers.onPushNodes()
  }

  #ask(at: string, peerId: string, request: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    const { clock, latencyMs } = this.#exchange
    const copy = request.slice()
    return this.#race(signal, (resolve, reject) => {
      const cancel = clock.after(MAILBOX_TIMEOUT_MS, () => reject(unreachable('No answer came in time.', true)))
      clock.after(latencyMs, () => {
        const served = at === peerId ? this.#exchange.server(peerId) : undefined
        if (served === undefined) {
          const isSilent = at === peerId && this.#exchange.isKnown(peerId)
          const why = isSilent ? 'has no mailbox' : 'cannot be reached'
          return reject(unreachable(`Peer …${peerId.slice(-6)} ${why}.`, !isSilent))
        }
        const end = (): void => reject(unreachable(`Peer …${peerId.slice(-6)} went away.`, true))
        served.pending.add(end)
        void served.server(this.#peerId, copy).then((answer) => {
          if (!served.pending.delete(end)) return
          clock.after(latencyMs, () => (answer === undefined ? end() : resolve(answer.slice())))
        })
      })
      return cancel
    })
  }

  /** `work` settles the promise, unless the caller or the network ends first; what it returns takes its timer away. */
  async #race<T>(
    signal: AbortSignal,
    work: (resolve: (value: T) => void, reject: (error: unknown) => void) => () => void,
  ): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const cancel = work(resolve, reject)
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

/** At most MAILBOX_REQUESTS_MAX requests to one peer at a time; the others in turn. MBX-1 */
class Lane {
  #running = 0
  readonly #waiting: (() => void)[] = []

  /** Resolves to how to leave again, which tells whether nobody is left. */
  async enter(signal: AbortSignal): Promise<() => boolean> {
    if (this.#running < MAILBOX_REQUESTS_MAX) this.#running += 1
    else {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const abort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(resolve), 1)
        reject(signal.reason)
      }
      this.#waiting.push(resolve)
      signal.addEventListener('abort', abort, { once: true })
      await promise
      signal.removeEventListener('abort', abort)
    }
    return () => {
      const next = this.#waiting.shift()
      if (next === undefined) this.#running -= 1
      else next()
      return this.#running === 0
    }
  }
}

const unreachable = (message: string, isRetryable: boolean): PortError =>
  new PortError('UNREACHABLE', message, isRetryable)

/** Asserts what MBX-5 asks of a wake-up that is sent. */
function assertWake(topic: number, hint: Uint8Array): void {
  assert(Number.isInteger(topic) && topic >= 0 && topic < WAKE_TOPICS, 'a topic is a number below WAKE_TOPICS')
  assert(isHint(hint), 'a hint is whole prefixes, at most WAKE_BYTES_MAX')
}

/** Bitwise distance between a key and a peer, comparable as text. */
function distanceTo(key: Uint8Array, peerId: string): string {
  const place = sha256(new TextEncoder().encode(peerId))
  return [...place].map((byte, at) => (byte ^ (key[at] ?? 0)).toString(16).padStart(2, '0')).join('')
}
