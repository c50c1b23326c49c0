import type { LiveQuery } from './client.ts'
import { EngineError, errorTable, type ErrorCode } from './errors.ts'
import type { OperationName, QueryName } from './schema.ts'
import { isObject } from './socket-frames.ts'

/** The table's queries by name, written out so that nobody needs the table at run time; the compiler compares. */
const QUERIES: Readonly<Record<QueryName, true>> = {
  'me.get': true,
  'profile.get': true,
  'profiles.cached': true,
  'profiles.history': true,
  'app.get': true,
  'invites.list': true,
  'contacts.list': true,
  'contacts.safetyNumber': true,
  'requests.list': true,
  'blocks.list': true,
  'conversations.list': true,
  'discussions.list': true,
  'discussions.page': true,
  'messages.page': true,
  'messages.find': true,
  'invites.preview': true,
  'network.get': true,
}

/** True when asking twice does no harm. */
export const isQuery = (name: OperationName): name is QueryName => Object.hasOwn(QUERIES, name)

const isCode = (value: unknown): value is ErrorCode => typeof value === 'string' && Object.hasOwn(errorTable, value)

/** The error behind a problem; a code of a newer node that we do not know becomes `INTERNAL` with its text. */
export function errorOf(problem: unknown): EngineError {
  const { code, detail } = isObject(problem) ? problem : {}
  const text = typeof detail === 'string' ? detail : undefined
  return new EngineError(isCode(code) ? code : 'INTERNAL', text)
}

/** One live query of a socket client. It outlives connections: its id is the current connection's. */
export class RemoteLive implements LiveQuery<unknown> {
  id = 0
  readonly name: QueryName
  readonly params: unknown
  readonly #ended: () => void
  readonly #subscribers = new Set<() => void>()
  #waiting: PromiseWithResolvers<unknown> | undefined
  #current: { readonly result: unknown } | undefined
  #error: EngineError | undefined

  constructor(name: QueryName, params: unknown, ended: () => void) {
    this.name = name
    this.params = params
    this.#ended = ended
  }

  peek(): unknown {
    return this.#current?.result
  }

  subscribe(changed: () => void): () => void {
    this.#subscribers.add(changed)
    return () => void this.#subscribers.delete(changed)
  }

  /** Rejects with what the node refused, for example `CONVERSATION_NOT_FOUND`, or `CLOSED`. */
  whenReady(): Promise<unknown> {
    if (this.#current !== undefined) return Promise.resolve(this.#current.result)
    if (this.#error !== undefined) return Promise.reject(this.#error)
    if (this.#waiting === undefined) {
      this.#waiting = Promise.withResolvers()
      // Whoever awaits is told of a failure; that somebody stopped awaiting is no unhandled rejection.
      this.#waiting.promise.catch(() => {})
    }
    return this.#waiting.promise
  }

  dispose(): void {
    this.#subscribers.clear()
    this.#ended()
    this.fail(new EngineError('CLOSED', 'the live query was disposed'))
  }

  take(result: unknown): void {
    this.#current = { result }
    this.#error = undefined
    this.#waiting?.resolve(result)
    this.#waiting = undefined
    for (const changed of [...this.#subscribers]) changed()
  }

  fail(error: EngineError): void {
    this.#error = error
    this.#waiting?.reject(error)
    this.#waiting = undefined
  }
}
