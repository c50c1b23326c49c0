/** Scenery of the socket's tests: a small engine to talk to, and a wire that a test can slow down or cut. */
import type { ApiClient, LiveQuery } from './client.ts'
import { EngineError } from './errors.ts'
import type { CallName, EventName, OperationName, StreamName } from './schema.ts'
import { createSocketClient, type SocketClient } from './socket-caller.ts'
import type { DuplexHandlers } from './socket-connection.ts'
import { serveSocket, type CheckedOperation, type SocketServerOptions, type SocketSession } from './socket-server.ts'

/** An engine whose answers a test decides. Live queries count up with `touch`. */
export class SceneEngine implements ApiClient {
  readonly calls: { name: OperationName; params: unknown; answer: PromiseWithResolvers<unknown> }[] = []
  readonly lives = new Set<SceneLive>()
  readonly streams: SceneStream[] = []
  readonly handlers = new Set<(payload: never) => void>()
  /** Answers calls at once when set. */
  autoAnswer: ((name: OperationName, params: unknown) => unknown) | undefined
  isLocked = false

  call(name: OperationName, params: unknown): Promise<never> {
    const answer = Promise.withResolvers<unknown>()
    this.calls.push({ name, params, answer })
    if (this.autoAnswer !== undefined) answer.resolve(this.autoAnswer(name, params))
    return answer.promise as Promise<never>
  }

  stream(name: StreamName, params: unknown, signal?: AbortSignal): AsyncIterable<never> {
    const stream = new SceneStream(name, params, signal)
    this.streams.push(stream)
    return stream.items() as AsyncIterable<unknown> as AsyncIterable<never>
  }

  live(name: OperationName, params: unknown): LiveQuery<never> {
    const live = new SceneLive(name, params, () => this.lives.delete(live))
    this.lives.add(live)
    return live as LiveQuery<unknown> as LiveQuery<never>
  }

  on(_event: EventName, handler: (payload: never) => void): () => void {
    this.handlers.add(handler)
    return () => void this.handlers.delete(handler)
  }

  emit(payload: unknown): void {
    for (const handler of this.handlers) handler(payload as never)
  }

  touch(result: unknown): void {
    for (const live of this.lives) live.set(result)
  }
}

/** A stream whose items and end a test decides. */
export class SceneStream {
  readonly name: StreamName
  readonly params: unknown
  readonly signal: AbortSignal | undefined
  readonly #found: (IteratorResult<unknown, undefined> | { readonly error: unknown })[] = []
  #changed = Promise.withResolvers<void>()
  /** Items that were asked for. */
  taken = 0
  isOver = false

  constructor(name: StreamName, params: unknown, signal: AbortSignal | undefined) {
    this.name = name
    this.params = params
    this.signal = signal
    signal?.addEventListener('abort', () => this.#changed.resolve(), { once: true })
  }

  find(...items: readonly unknown[]): void {
    this.#found.push(...items.map((value) => ({ value, done: false as const })))
    this.#changed.resolve()
  }
  end(): void {
    this.#found.push({ value: undefined, done: true })
    this.#changed.resolve()
  }
  fail(error: unknown): void {
    this.#found.push({ error })
    this.#changed.resolve()
  }

  async *items(): AsyncGenerator {
    try {
      for (;;) {
        for (let item = this.#found.shift(); item !== undefined; item = this.#found.shift()) {
          if ('error' in item) throw item.error
          if (item.done === true) return
          this.taken++
          yield item.value
        }
        this.signal?.throwIfAborted()
        await this.#changed.promise
        this.#changed = Promise.withResolvers()
      }
    } finally {
      this.isOver = true
    }
  }
}

class SceneLive implements LiveQuery<unknown> {
  readonly name: OperationName
  readonly params: unknown
  readonly #ready = Promise.withResolvers<unknown>()
  readonly #subscribers = new Set<() => void>()
  readonly #ended: () => void
  #current: unknown

  constructor(name: OperationName, params: unknown, ended: () => void) {
    this.name = name
    this.params = params
    this.#ended = ended
    const isUnknown = (params as { conversation?: string }).conversation === 'unknown'
    this.#ready.promise.catch(() => {})
    if (isUnknown) this.#ready.reject(new EngineError('CONVERSATION_NOT_FOUND'))
  }

  set(result: unknown): void {
    this.#current = result
    this.#ready.resolve(result)
    for (const changed of this.#subscribers) changed()
  }

  peek(): unknown {
    return this.#current
  }
  subscribe(changed: () => void): () => void {
    this.#subscribers.add(changed)
    return () => void this.#subscribers.delete(changed)
  }
  whenReady(): Promise<unknown> {
    return this.#ready.promise
  }
  dispose(): void {
    this.#subscribers.clear()
    this.#ended()
  }
}

const KINDS: Readonly<Record<string, CheckedOperation['kind']>> = {
  'me.get': 'query',
  'conversations.list': 'query',
  'messages.page': 'query',
  'messages.send': 'command',
  'profiles.fetch': 'stream',
}

function check(name: string, params: unknown): CheckedOperation {
  const kind = KINDS[name]
  if (kind === undefined) throw new EngineError('NOT_FOUND')
  if (typeof params !== 'object') throw new EngineError('INVALID_PARAMETERS')
  return kind === 'stream' ? { kind, name: name as StreamName, params } : { kind, name: name as CallName, params }
}

/** The server's options over a scene engine, with a clock that the test moves. */
export function sceneOptions(engine: SceneEngine, time = { nowMs: 0 }): SocketServerOptions & { failures: unknown[] } {
  const failures: unknown[] = []
  return {
    failures,
    client: () => {
      if (engine.isLocked) throw new EngineError('LOCKED')
      return engine
    },
    check,
    isEvent: (name): name is EventName => name === 'messages.changed',
    nowMs: () => time.nowMs,
    failed: (error) => failures.push(error),
  }
}

/** A server session whose peer is only a list of what it was sent. */
export class ScenePeer {
  readonly sent: Record<string, unknown>[] = []
  readonly closes: number[] = []
  readonly session: SocketSession
  isReading = true
  /** While true nothing leaves. */
  isStuck = false
  unsent = 0

  constructor(options: SocketServerOptions) {
    this.session = serveSocket(
      {
        send: (text) => {
          this.sent.push(JSON.parse(text) as Record<string, unknown>)
          if (this.isStuck) this.unsent += text.length
        },
        unsentBytes: () => this.unsent,
        setReading: (isReading) => (this.isReading = isReading),
        close: (code) => this.closes.push(code),
      },
      options,
    )
  }

  receive(frame: unknown): void {
    this.session.receive(JSON.stringify(frame))
  }

  /** The network takes everything. */
  drain(): void {
    this.isStuck = false
    this.unsent = 0
    this.session.drained()
  }
}

/** A caller and a node with a wire between them. The test opens and cuts it, and moves time. */
export class SceneWire {
  readonly client: SocketClient
  readonly states: string[] = []
  readonly #options: SocketServerOptions
  readonly #timers = new Set<{ readonly delayMs: number; readonly fire: () => void }>()
  #handlers: DuplexHandlers | undefined
  #session: SocketSession | undefined
  isSilent = false
  attempts = 0

  constructor(options: SocketServerOptions) {
    this.#options = options
    this.client = createSocketClient({
      connect: (handlers) => {
        this.attempts++
        this.#handlers = handlers
        return { send: (text) => this.#session?.receive(text), close: () => this.#session?.closed() }
      },
      after: (delayMs, fire) => {
        const timer = { delayMs, fire }
        this.#timers.add(timer)
        return () => void this.#timers.delete(timer)
      },
      chance: () => 0.5,
    })
    this.client.onState((state) => this.states.push(state))
  }

  open(): void {
    const handlers = this.#handlers
    this.#session = serveSocket(
      {
        send: (text) => {
          if (!this.isSilent) queueMicrotask(() => handlers?.received(text))
        },
        unsentBytes: () => 0,
        setReading: () => {},
        close: () => queueMicrotask(() => handlers?.closed()),
      },
      this.#options,
    )
    handlers?.opened()
  }

  cut(): void {
    this.#session?.closed()
    this.#session = undefined
    this.#handlers?.closed()
  }

  /** Something that is no frame of ours arrives at the caller. */
  inject(text: string): void {
    this.#handlers?.received(text)
  }

  /** Fires the only timer there is. @returns its delay. */
  fire(): number {
    const [timer, ...others] = this.#timers
    if (timer === undefined || others.length > 0) throw new Error(`${this.#timers.size} timers`)
    this.#timers.delete(timer)
    timer.fire()
    return timer.delayMs
  }
}

/** Lets everything that awaits go on. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 20; round++) await Promise.resolve()
}
