/**
 * The node's half of `/v1/socket`, without a transport: frames in, calls on an ApiClient, frames out.
 *
 * Nothing here grows with a slow reader: live results wait as one flag each, calls wait in the reader's own buffer
 * because we stop reading, and a peer that lets events pile up is let go. Spec: API-7…API-11, API-20.
 */
import type { ApiClient, LiveQuery } from './client.ts'
import { EngineError } from './errors.ts'
import type { CallName, EventName, QueryName, StreamName } from './schema.ts'
import { parseClientFrame, type ParsedFrame } from './socket-frames.ts'
import type { ServerFrame } from './socket-protocol.ts'
import { SOCKET_STREAMS_MAX, SocketStreams } from './socket-streams.ts'
import { TokenBucket } from './token-bucket.ts'

/** Calls of one socket that are carried out at a time; more wait in the caller's buffer. */
export const SOCKET_CALLS_AT_ONCE_MAX = 128
export const SOCKET_LIVES_MAX = 256
/** Above this many unsent bytes live results are held back and no further frame is read. */
export const SOCKET_SLOW_BYTES = 262_144
/** Above this many unsent bytes the peer is let go; it finds everything again when it reconnects. */
export const SOCKET_UNSENT_BYTES_MAX = 16 * 1_048_576
/** A local program may send 5,000 messages a second; this leaves room for everything around them. */
export const SOCKET_FRAMES_PER_SECOND = 10_000
export const SOCKET_FRAMES_BURST = 20_000

/** Close codes of RFC 6455 §7.4.1. */
export const SocketClose = { goingAway: 1001, malformed: 1007, tryAgainLater: 1013 } as const

/** What the transport does for one peer. */
export interface SocketPeer {
  send(text: string): void
  /** Bytes given to `send` that the network has not taken. */
  unsentBytes(): number
  /** Stops or resumes reading. Frames that were read already may still arrive. */
  setReading(isReading: boolean): void
  close(code: number, reason: string): void
}

/** An operation of the table whose parameters passed its schema. */
export type CheckedOperation =
  | { readonly kind: 'command' | 'query'; readonly name: CallName; readonly params: unknown }
  | { readonly kind: 'stream'; readonly name: StreamName; readonly params: unknown }

export interface SocketServerOptions {
  /** Asked for each frame, because the account may be locked now and open later. @throws EngineError `LOCKED` */
  readonly client: () => ApiClient
  /** @throws EngineError `NOT_FOUND` for a name that is not in the table, `INVALID_PARAMETERS`. */
  readonly check: (name: string, params: unknown) => CheckedOperation
  readonly isEvent: (name: string) => name is EventName
  /** Running time in milliseconds. */
  readonly nowMs: () => number
  /** Told of failures that have no code: a defect of ours. */
  readonly failed: (error: unknown) => void
}

export interface SocketSession {
  /** One text frame arrived. Never throws. */
  receive(text: string): void
  /** The network took bytes: what was held back may go. */
  drained(): void
  /** The transport is gone: every subscription ends. Idempotent. */
  closed(): void
}

export function serveSocket(peer: SocketPeer, options: SocketServerOptions): SocketSession {
  return new Session(peer, options)
}

interface Live {
  readonly query: LiveQuery<unknown>
  /** A newer result waits for the reader. */
  isHeldBack: boolean
}

class Session implements SocketSession {
  readonly #peer: SocketPeer
  readonly #options: SocketServerOptions
  readonly #bucket: TokenBucket
  readonly #livesById = new Map<number, Live>()
  readonly #streams: SocketStreams
  readonly #unlistenByEvent = new Map<EventName, () => void>()
  /** Frames that were read before reading stopped: at most what one network read contains. */
  readonly #waiting: ParsedFrame[] = []
  #running = 0
  #isReading = true
  #isClosed = false

  constructor(peer: SocketPeer, options: SocketServerOptions) {
    this.#peer = peer
    this.#options = options
    this.#bucket = new TokenBucket(SOCKET_FRAMES_BURST, SOCKET_FRAMES_PER_SECOND, options.nowMs())
    this.#streams = new SocketStreams({
      isSlow: () => this.#isSlow(),
      sendItems: (id, items) => this.#sendText(`{"id":${id},"items":[${items.join(',')}]}`),
      ended: (id) => this.#send({ id, result: null }),
      failed: (id, error) => this.#refuse(id, error),
    })
  }

  receive(text: string): void {
    if (this.#isClosed) return
    const frame = parseClientFrame(text)
    if (frame === undefined) {
      this.#peer.close(SocketClose.malformed, 'malformed frame')
      this.closed()
    } else if (!this.#bucket.take(this.#options.nowMs())) {
      this.#refuse(frame.id, new EngineError('RATE_LIMITED'))
    } else {
      this.#waiting.push(frame)
      this.#proceed()
    }
  }

  drained(): void {
    if (this.#isClosed || this.#isSlow()) return
    for (const [id, live] of this.#livesById) {
      if (!live.isHeldBack) continue
      this.#sendLive(id, live)
      if (this.#isSlow()) break
    }
    this.#streams.drained()
    this.#proceed()
  }

  closed(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#waiting.length = 0
    for (const { query } of this.#livesById.values()) query.dispose()
    this.#livesById.clear()
    this.#streams.close()
    for (const unlisten of this.#unlistenByEvent.values()) unlisten()
    this.#unlistenByEvent.clear()
  }

  #isSlow(): boolean {
    return this.#peer.unsentBytes() > SOCKET_SLOW_BYTES
  }

  #isBusy(): boolean {
    return this.#running >= SOCKET_CALLS_AT_ONCE_MAX || this.#isSlow()
  }

  /** Carries out waiting frames in their order while there is room, and reads on or stops reading accordingly. */
  #proceed(): void {
    while (!this.#isClosed && !this.#isBusy()) {
      const frame = this.#waiting.shift()
      if (frame === undefined) break
      this.#handle(frame)
    }
    const isReading = !this.#isBusy()
    if (this.#isClosed || isReading === this.#isReading) return
    this.#isReading = isReading
    this.#peer.setReading(isReading)
  }

  #handle(frame: ParsedFrame): void {
    try {
      switch (frame.type) {
        case 'call':
          return this.#call(frame.id, this.#options.check(frame.name, frame.params))
        case 'live':
          return this.#open(frame.id, this.#options.check(frame.name, frame.params))
        case 'stream':
          return this.#stream(frame.id, this.#options.check(frame.name, frame.params))
        case 'end':
          this.#end(frame.ended)
          this.#streams.end(frame.ended)
          return this.#send({ id: frame.id, result: null })
        case 'listen':
          this.#listen(frame.event)
          return this.#send({ id: frame.id, result: null })
        case 'ping':
          return this.#send({ id: frame.id, result: null })
        default:
          throw new EngineError('INVALID_PARAMETERS', 'one of call, live, stream, end, listen, ping is required')
      }
    } catch (error) {
      this.#refuse(frame.id, error)
    }
  }

  #call(id: number, { kind, name, params }: CheckedOperation): void {
    if (kind === 'stream') throw new EngineError('INVALID_PARAMETERS', `${name} is a stream`)
    const client = this.#options.client()
    this.#running++
    client
      .call(name, params as never)
      .then(
        (result) => this.#send({ id, result: result ?? null }),
        (error: unknown) => this.#refuse(id, error),
      )
      .finally(() => {
        this.#running--
        this.#proceed()
      })
  }

  #open(id: number, { kind, name, params }: CheckedOperation): void {
    if (kind !== 'query') throw new EngineError('INVALID_PARAMETERS', `${name} is not a query`)
    this.#assertUnused(id)
    if (this.#livesById.size >= SOCKET_LIVES_MAX) throw new EngineError('RATE_LIMITED', 'too many live queries')
    const query: LiveQuery<unknown> = this.#options.client().live(name as QueryName, params as never)
    const live: Live = { query, isHeldBack: false }
    this.#livesById.set(id, live)
    let isReady = false
    const changed = (): void => {
      if (!isReady || this.#livesById.get(id) !== live) return
      if (this.#isSlow()) live.isHeldBack = true
      else this.#sendLive(id, live)
    }
    query.subscribe(changed)
    query.whenReady().then(
      () => {
        isReady = true
        changed()
      },
      (error: unknown) => {
        if (this.#livesById.get(id) !== live) return
        this.#end(id)
        this.#refuse(id, error)
      },
    )
  }

  #stream(id: number, { kind, name, params }: CheckedOperation): void {
    if (kind !== 'stream') throw new EngineError('INVALID_PARAMETERS', `${name} is not a stream`)
    this.#assertUnused(id)
    if (this.#streams.size >= SOCKET_STREAMS_MAX) throw new EngineError('RATE_LIMITED', 'too many streams')
    const client = this.#options.client()
    this.#streams.open(id, (signal) => client.stream(name, params as never, signal))
  }

  #assertUnused(id: number): void {
    if (!this.#livesById.has(id) && !this.#streams.has(id)) return
    throw new EngineError('INVALID_PARAMETERS', `the id ${id} is in use`)
  }

  #end(id: number): void {
    this.#livesById.get(id)?.query.dispose()
    this.#livesById.delete(id)
  }

  #listen(event: string): void {
    if (!this.#options.isEvent(event)) throw new EngineError('NOT_FOUND', `there is no event ${event}`)
    if (this.#unlistenByEvent.has(event)) return
    const unlisten = this.#options.client().on(event, (payload) => this.#send({ event, payload }))
    this.#unlistenByEvent.set(event, unlisten)
  }

  #sendLive(id: number, live: Live): void {
    live.isHeldBack = false
    this.#send({ id, live: live.query.peek() ?? null })
  }

  #refuse(id: number, error: unknown): void {
    if (error instanceof EngineError) return this.#send({ id, problem: error.toProblem() })
    this.#options.failed(error)
    this.#send({ id, problem: new EngineError('INTERNAL').toProblem() })
  }

  #send(frame: ServerFrame): void {
    this.#sendText(JSON.stringify(frame))
  }

  #sendText(text: string): void {
    if (this.#isClosed) return
    this.#peer.send(text)
    if (this.#peer.unsentBytes() <= SOCKET_UNSENT_BYTES_MAX) return
    this.#peer.close(SocketClose.tryAgainLater, 'too slow')
    this.closed()
  }
}
