/**
 * The caller's half of `/v1/socket`: an ApiClient over one connection that restores itself.
 *
 * Imports types and error texts only, so that a page which uses it does not carry the table's validators.
 * Spec: API-12, API-13, API-20.
 */
import type { ApiClient, LiveQuery } from './client.ts'
import { EngineError } from './errors.ts'
import type { CallName, EventName, EventOf, Params, QueryName, ResultOf, StreamName } from './schema.ts'
import { Connection, type ConnectionPorts, type SocketState } from './socket-connection.ts'
import { errorOf, isQuery, RemoteLive } from './socket-live.ts'
import type { ServerFrame } from './socket-protocol.ts'
import { RemoteStream } from './socket-stream.ts'

/** Unanswered calls; beyond it callers are told to slow down. */
export const CLIENT_CALLS_MAX = 10_000

export interface SocketClient extends ApiClient, Disposable {
  state(): SocketState
  /** Called after each change. @returns the function that ends the subscription. */
  onState(handler: (state: SocketState) => void): () => void
  /** Tries at once instead of after the pause: the page became visible, the network came back. */
  reconnect(): void
  /** Ends the connection for good; every waiting call rejects with `CLOSED`. Idempotent. */
  close(): void
}

/**
 * Connects, and connects again whenever the connection is lost.
 *
 * Live queries and events go on after a reconnection; each live query gets a fresh result. A query that was not
 * answered is asked again. A command that was not answered rejects with `CLOSED`: it may have been carried out. A
 * command made while the connection is lost rejects at once, one made while it is being made waits for it. A stream that
 * had not ended throws `CLOSED`.
 */
export function createSocketClient(ports: ConnectionPorts): SocketClient {
  return new Client(ports)
}

interface Waiting {
  readonly name: CallName
  readonly params: unknown
  readonly resolve: (result: unknown) => void
  readonly reject: (error: EngineError) => void
}

class Client implements SocketClient {
  readonly #connection: Connection
  readonly #callsById = new Map<number, Waiting>()
  readonly #livesById = new Map<number, RemoteLive>()
  readonly #streamsById = new Map<number, RemoteStream>()
  readonly #handlersByEvent = new Map<EventName, Set<(payload: never) => void>>()
  readonly #stateHandlers = new Set<(state: SocketState) => void>()
  #nextId = 1

  constructor(ports: ConnectionPorts) {
    this.#connection = new Connection(ports, {
      opened: () => this.#opened(),
      received: (frame) => this.#received(frame),
      changed: (state) => this.#changed(state),
    })
  }

  call<N extends CallName>(name: N, params: Params<N>): Promise<ResultOf<N>> {
    const state = this.#connection.state
    if (this.#connection.isClosed || (state === 'lost' && !isQuery(name)))
      return Promise.reject(new EngineError('CLOSED'))
    if (this.#callsById.size >= CLIENT_CALLS_MAX) return Promise.reject(new EngineError('RATE_LIMITED'))
    return new Promise((resolve, reject) => {
      const id = this.#nextId++
      this.#callsById.set(id, { name, params, resolve: (result) => resolve(result as ResultOf<N>), reject })
      if (state === 'open') this.#connection.send({ id, call: name, params })
    })
  }

  stream<N extends StreamName>(name: N, params: Params<N>, signal?: AbortSignal): AsyncIterable<ResultOf<N>> {
    // The node answers a stream with that stream's items; both sides run the same table.
    return this.#read(name, params, signal) as AsyncIterable<unknown> as AsyncIterable<ResultOf<N>>
  }

  async *#read(name: StreamName, params: unknown, signal: AbortSignal | undefined): AsyncGenerator {
    signal?.throwIfAborted()
    if (this.#connection.isClosed || this.#connection.state === 'lost') throw new EngineError('CLOSED')
    if (this.#streamsById.size >= CLIENT_CALLS_MAX) throw new EngineError('RATE_LIMITED')
    const stream = new RemoteStream(this.#nextId++, name, params)
    this.#streamsById.set(stream.id, stream)
    const aborted = (): void => stream.fail(signal?.reason)
    signal?.addEventListener('abort', aborted, { once: true })
    if (this.#connection.state === 'open') this.#connection.send({ id: stream.id, stream: name, params })
    try {
      yield* stream.items(signal)
    } finally {
      signal?.removeEventListener('abort', aborted)
      const isRunning = this.#streamsById.delete(stream.id)
      if (isRunning && this.#connection.state === 'open') this.#connection.send({ id: this.#nextId++, end: stream.id })
    }
  }

  live<N extends QueryName>(name: N, params: Params<N>): LiveQuery<ResultOf<N>> {
    const live: RemoteLive = new RemoteLive(name, params, () => this.#endLive(live))
    if (this.#connection.isClosed) live.fail(new EngineError('CLOSED'))
    else this.#startLive(live)
    // The node answers a live query with that query's result; both sides run the same table.
    return live as LiveQuery<ResultOf<N>>
  }

  on<E extends EventName>(event: E, handler: (payload: EventOf<E>) => void): () => void {
    const known = this.#handlersByEvent.get(event)
    const handlers = known ?? new Set<(payload: never) => void>()
    handlers.add(handler)
    if (known === undefined) {
      this.#handlersByEvent.set(event, handlers)
      if (this.#connection.state === 'open') this.#connection.send({ id: this.#nextId++, listen: event })
    }
    return () => void handlers.delete(handler)
  }

  state(): SocketState {
    return this.#connection.state
  }

  onState(handler: (state: SocketState) => void): () => void {
    this.#stateHandlers.add(handler)
    return () => void this.#stateHandlers.delete(handler)
  }

  reconnect(): void {
    this.#connection.reconnect()
  }

  close(): void {
    this.#connection.close()
    this.#failCalls(false)
    this.#failStreams()
    for (const live of this.#livesById.values()) live.fail(new EngineError('CLOSED'))
    this.#livesById.clear()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #opened(): void {
    for (const event of this.#handlersByEvent.keys()) this.#connection.send({ id: this.#nextId++, listen: event })
    const lives = [...this.#livesById.values()]
    this.#livesById.clear()
    for (const live of lives) this.#startLive(live)
    for (const [id, { name, params }] of this.#callsById) this.#connection.send({ id, call: name, params })
    for (const [id, { name, params }] of this.#streamsById) this.#connection.send({ id, stream: name, params })
  }

  #startLive(live: RemoteLive): void {
    const id = this.#nextId++
    live.id = id
    this.#livesById.set(id, live)
    if (this.#connection.state === 'open') this.#connection.send({ id, live: live.name, params: live.params })
  }

  #endLive(live: RemoteLive): void {
    if (!this.#livesById.delete(live.id) || this.#connection.state !== 'open') return
    this.#connection.send({ id: this.#nextId++, end: live.id })
  }

  #changed(state: SocketState): void {
    if (state === 'lost') {
      this.#failCalls(true)
      this.#failStreams()
    }
    for (const handler of [...this.#stateHandlers]) handler(state)
  }

  #failCalls(keepsQueries: boolean): void {
    for (const [id, waiting] of this.#callsById) {
      if (keepsQueries && isQuery(waiting.name)) continue
      this.#callsById.delete(id)
      waiting.reject(new EngineError('CLOSED', `${waiting.name} was not answered`))
    }
  }

  #failStreams(): void {
    for (const stream of this.#streamsById.values())
      stream.fail(new EngineError('CLOSED', `${stream.name} did not come to its end`))
    this.#streamsById.clear()
  }

  #received(frame: ServerFrame): void {
    if ('event' in frame) {
      for (const handler of [...(this.#handlersByEvent.get(frame.event) ?? [])]) handler(frame.payload as never)
    } else if ('live' in frame) {
      this.#livesById.get(frame.id)?.take(frame.live)
    } else if ('items' in frame) {
      this.#streamsById.get(frame.id)?.take(frame.items)
    } else if ('problem' in frame) {
      const error = errorOf(frame.problem)
      this.#livesById.get(frame.id)?.fail(error)
      this.#endedStream(frame.id)?.fail(error)
      this.#answered(frame.id)?.reject(error)
    } else {
      this.#endedStream(frame.id)?.end()
      this.#answered(frame.id)?.resolve(frame.result)
    }
  }

  #endedStream(id: number): RemoteStream | undefined {
    const stream = this.#streamsById.get(id)
    this.#streamsById.delete(id)
    return stream
  }

  #answered(id: number): Waiting | undefined {
    const waiting = this.#callsById.get(id)
    this.#callsById.delete(id)
    return waiting
  }
}
