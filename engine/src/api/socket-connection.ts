/** One connection at a time, made again with growing pauses, and given up when the other side falls silent. API-12 */
import { isObject, parseObject } from './socket-frames.ts'
import type { ClientFrame, ServerFrame } from './socket-protocol.ts'

/** The first pause before connecting again; each failure doubles it up to the last. Up to half is taken off by chance. */
export const RECONNECT_FIRST_MS = 250
export const RECONNECT_LAST_MS = 10_000
/** Silence after which we ask whether the other side is there … */
export const PING_AFTER_MS = 25_000
/** … and the silence after that question which ends the connection. */
export const PING_ANSWER_MS = 10_000

/** connecting: on the way. lost: it will be tried again by itself, unless we ended it. */
export type SocketState = 'connecting' | 'open' | 'lost'

/** One connection of the platform. Every call after `close`, and every call of a handler after `closed`, is ignored. */
export interface Duplex {
  send(text: string): void
  close(): void
}

export interface DuplexHandlers {
  opened(): void
  received(text: string): void
  closed(): void
}

export interface ConnectionPorts {
  /** Starts one connection; its handlers are never called before this returns. */
  readonly connect: (handlers: DuplexHandlers) => Duplex
  /** Calls `fire` once after `delayMs`. @returns the function that cancels it. */
  readonly after: (delayMs: number, fire: () => void) => () => void
  /** A number of [0, 1), to keep many callers from coming back in step. */
  readonly chance: () => number
}

interface ConnectionHandlers {
  opened(): void
  received(frame: ServerFrame): void
  changed(state: SocketState): void
}

export class Connection {
  readonly #ports: ConnectionPorts
  readonly #handlers: ConnectionHandlers
  #state: SocketState = 'connecting'
  #isClosed = false
  #duplex: Duplex | undefined
  #failures = 0
  #cancelTimer: (() => void) | undefined
  #hasHeard = false

  constructor(ports: ConnectionPorts, handlers: ConnectionHandlers) {
    this.#ports = ports
    this.#handlers = handlers
    this.#connect()
  }

  get state(): SocketState {
    return this.#state
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Only while open. */
  send(frame: ClientFrame): void {
    this.#duplex?.send(JSON.stringify(frame))
  }

  reconnect(): void {
    if (this.#state !== 'lost' || this.#isClosed) return
    this.#failures = 0
    this.#setState('connecting')
    this.#connect()
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    const duplex = this.#duplex
    this.#duplex = undefined
    this.#cancelTimer?.()
    this.#setState('lost')
    duplex?.close()
  }

  #connect(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    const isCurrent = (): boolean => this.#duplex === duplex
    const duplex = this.#ports.connect({
      opened: () => {
        if (isCurrent()) this.#opened()
      },
      received: (text) => {
        if (isCurrent()) this.#received(text)
      },
      closed: () => {
        if (isCurrent()) this.#lose()
      },
    })
    this.#duplex = duplex
  }

  #opened(): void {
    this.#failures = 0
    this.#setState('open')
    this.#handlers.opened()
    this.#watch()
  }

  #received(text: string): void {
    this.#hasHeard = true
    const frame = parseServerFrame(text)
    if (frame === undefined) this.#lose()
    else this.#handlers.received(frame)
  }

  /** Judges silence only after a question that was really asked, so a sleeping tab does not blame its node. */
  #watch(): void {
    this.#hasHeard = false
    this.#cancelTimer = this.#ports.after(PING_AFTER_MS, () => {
      if (this.#hasHeard) return this.#watch()
      this.send({ id: 0, ping: true })
      this.#cancelTimer = this.#ports.after(PING_ANSWER_MS, () => {
        if (this.#hasHeard) this.#watch()
        else this.#lose()
      })
    })
  }

  #lose(): void {
    const duplex = this.#duplex
    this.#duplex = undefined
    this.#cancelTimer?.()
    duplex?.close()
    const pauseMs = Math.min(RECONNECT_LAST_MS, RECONNECT_FIRST_MS * 2 ** this.#failures)
    this.#failures = Math.min(this.#failures + 1, 16)
    this.#cancelTimer = this.#ports.after(pauseMs * (1 - this.#ports.chance() / 2), () => {
      this.#setState('connecting')
      this.#connect()
    })
    this.#setState('lost')
  }

  #setState(state: SocketState): void {
    if (this.#state === state) return
    this.#state = state
    this.#handlers.changed(state)
  }
}

function parseServerFrame(text: string): ServerFrame | undefined {
  const frame = parseObject(text)
  if (frame === undefined) return undefined
  const isAnswer =
    typeof frame['id'] === 'number' &&
    ('result' in frame || 'live' in frame || Array.isArray(frame['items']) || isObject(frame['problem']))
  const isEvent = typeof frame['event'] === 'string' && 'payload' in frame
  // Checked just now; results and payloads are of the table that both sides share.
  return isAnswer || isEvent ? (frame as unknown as ServerFrame) : undefined
}
