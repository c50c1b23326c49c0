import type { CallName, EventName, EventOf, Params, QueryName, ResultOf, StreamName } from './schema.ts'

/**
 * What every caller holds: the same face in the engine's own process and across the WebSocket.
 *
 * `call` rejects with {@link EngineError} only. Events and live results arrive in the order of their commits.
 */
export interface ApiClient {
  call<N extends CallName>(name: N, params: Params<N>): Promise<ResultOf<N>>
  /**
   * Items as they are found; the end of the loop is the end of the stream. Leaving the loop, or aborting, cancels what
   * nobody else waits for. Throws EngineError; after a lost connection `CLOSED`: ask again for what has not come.
   */
  stream<N extends StreamName>(name: N, params: Params<N>, signal?: AbortSignal): AsyncIterable<ResultOf<N>>
  /** The query's result now and again after every change, until disposed. Identical subscriptions share nothing. */
  live<N extends QueryName>(name: N, params: Params<N>): LiveQuery<ResultOf<N>>
  /** @returns the function that ends the subscription. */
  on<E extends EventName>(event: E, handler: (payload: EventOf<E>) => void): () => void
}

export interface LiveQuery<T> {
  /** The newest result, `undefined` until the first arrived. */
  peek(): T | undefined
  /** Called after each new result, never synchronously. @returns the function that ends the subscription. */
  subscribe(changed: () => void): () => void
  /** The first result. Rejects with EngineError when the query cannot be answered, for example `CONVERSATION_NOT_FOUND`. */
  whenReady(): Promise<T>
  dispose(): void
}
