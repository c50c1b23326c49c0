/** Live queries and events: who looks on is told after the commit, at most every LIVE_INTERVAL_MS per query. API-8 */
import type { LiveQuery } from '../api/client.ts'
import { EngineError } from '../api/errors.ts'
import type { EventName, EventOf, Message, QueryName, ResultOf } from '../api/schema.ts'
import type { Cancel, ClockPort } from '../ports/clock.ts'
import type { Topic } from '../turn/commit.ts'

/** Results of one live query are at least this far apart; the last change is never lost. */
export const LIVE_INTERVAL_MS = 30

/** What each query reads. */
const TOPICS: Readonly<Partial<Record<QueryName, readonly Topic[]>>> = {
  'me.get': ['me', 'network'],
  'profile.get': ['me', 'profiles'],
  'profiles.cached': ['profiles'],
  'profiles.history': ['profiles'],
  'app.get': ['app'],
  'invites.list': ['invites'],
  'contacts.list': ['contacts', 'network', 'profiles'],
  'contacts.safetyNumber': ['contacts'],
  'requests.list': ['requests'],
  'blocks.list': ['contacts', 'profiles'],
  'conversations.list': ['conversations', 'contacts', 'network', 'profiles'],
  'discussions.list': ['conversations', 'contacts'],
  'discussions.page': ['conversations', 'contacts'],
  'messages.page': ['conversations'],
  'messages.find': ['conversations'],
  'network.get': ['network', 'conversations', 'contacts'],
}

interface Subscription {
  readonly topics: readonly Topic[]
  refresh(): void
  stop(): void
}

export class Live {
  readonly #clock: ClockPort
  readonly #view: (ids: readonly string[]) => Message[]
  readonly #failed: (error: unknown) => void
  /** Ids of messages that changed and were not told yet, by conversation. */
  readonly #changed = new Map<string, Set<string>>()
  #telling: Cancel | undefined
  #toldAt = -LIVE_INTERVAL_MS
  readonly #subscriptions = new Set<Subscription>()
  readonly #listeners = new Map<EventName, Set<(payload: never) => void>>()
  #isClosed = false

  /** `view`: messages as they look now, by hex id. */
  constructor(clock: ClockPort, view: (ids: readonly string[]) => Message[], failed: (error: unknown) => void) {
    this.#clock = clock
    this.#view = view
    this.#failed = failed
  }

  open<N extends QueryName>(name: N, run: () => ResultOf<N>): LiveQuery<ResultOf<N>> {
    let current: ResultOf<N> | undefined
    /** Why there is no result yet. */
    let failure: { readonly error: unknown } | undefined
    let pending: Cancel | undefined
    let refreshedAt = -LIVE_INTERVAL_MS
    const changed = new Set<() => void>()
    const evaluate = () => {
      pending = undefined
      refreshedAt = this.#clock.now()
      try {
        current = run()
        failure = undefined
      } catch (error) {
        if (!(error instanceof EngineError)) this.#failed(error)
        if (current !== undefined) return
        failure = { error }
      }
      for (const notify of [...changed]) notify()
    }
    const refresh = () => {
      const wait = Math.min(LIVE_INTERVAL_MS, refreshedAt + LIVE_INTERVAL_MS - this.#clock.now())
      pending ??= this.#clock.after(Math.max(0, wait), evaluate)
    }
    const subscription = { topics: TOPICS[name] ?? [], refresh, stop: () => pending?.() }
    if (this.#isClosed) failure = { error: new EngineError('CLOSED') }
    else {
      this.#subscriptions.add(subscription)
      refresh()
    }
    return {
      peek: () => current,
      subscribe(notify) {
        changed.add(notify)
        return () => changed.delete(notify)
      },
      whenReady: () =>
        new Promise((resolve, reject) => {
          const take = () => {
            if (current === undefined && failure === undefined) return
            changed.delete(take)
            if (current !== undefined) resolve(current)
            else reject(failure?.error)
          }
          changed.add(take)
          take()
        }),
      dispose: () => {
        pending?.()
        changed.clear()
        this.#subscriptions.delete(subscription)
      },
    }
  }

  on<E extends EventName>(event: E, handler: (payload: EventOf<E>) => void): () => void {
    const handlers = this.#listeners.get(event) ?? new Set()
    this.#listeners.set(event, handlers.add(handler))
    return () => handlers.delete(handler)
  }

  /** Tells of changed messages at once when it is quiet, else collected, at most every LIVE_INTERVAL_MS. */
  messagesChanged(idsByConversation: ReadonlyMap<string, ReadonlySet<string>>): void {
    if (this.#isClosed || (this.#listeners.get('messages.changed')?.size ?? 0) === 0) return
    for (const [conversation, ids] of idsByConversation) {
      this.#changed.set(conversation, new Set([...(this.#changed.get(conversation) ?? []), ...ids]))
    }
    if (this.#changed.size === 0 || this.#telling !== undefined) return
    const wait = Math.min(LIVE_INTERVAL_MS, this.#toldAt + LIVE_INTERVAL_MS - this.#clock.now())
    if (wait <= 0) this.#tell()
    else this.#telling = this.#clock.after(wait, () => this.#tell())
  }

  #tell(): void {
    this.#telling = undefined
    this.#toldAt = this.#clock.now()
    const changed = [...this.#changed]
    this.#changed.clear()
    for (const [conversation, ids] of changed) {
      try {
        const messages = this.#view([...ids])
        if (messages.length > 0) this.emit('messages.changed', { conversation, messages })
      } catch (error) {
        this.#failed(error)
      }
    }
  }

  emit<E extends EventName>(event: E, payload: EventOf<E>): void {
    for (const handler of this.#listeners.get(event) ?? []) {
      try {
        handler(payload as never)
      } catch (error) {
        this.#failed(error)
      }
    }
  }

  touched(topics: ReadonlySet<Topic>): void {
    for (const subscription of this.#subscriptions) {
      if (subscription.topics.some((topic) => topics.has(topic))) subscription.refresh()
    }
  }

  /** Nothing is read or told any more; a query that is opened later never has a result. */
  close(): void {
    this.#isClosed = true
    for (const subscription of this.#subscriptions) subscription.stop()
    this.#telling?.()
    this.#subscriptions.clear()
    this.#listeners.clear()
  }
}
