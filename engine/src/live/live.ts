/** Live queries and events: who looks on is told after the commit, at most every LIVE_INTERVAL_MS per query. API-8 */
import type { LiveQuery } from '../api/client.ts'
import type { EventName, EventOf, QueryName, ResultOf } from '../api/schema.ts'
import type { Cancel, ClockPort } from '../ports/clock.ts'
import type { Topic } from '../turn/commit.ts'

/** Results of one live query are at least this far apart; the last change is never lost. */
export const LIVE_INTERVAL_MS = 30

/** What each query reads. */
const TOPICS: Readonly<Partial<Record<QueryName, readonly Topic[]>>> = {
  'me.get': ['me', 'network'],
  'invites.list': ['invites'],
  'contacts.list': ['contacts', 'network'],
  'contacts.safetyNumber': ['contacts'],
  'requests.list': ['requests'],
  'conversations.list': ['conversations', 'contacts', 'network'],
  'messages.page': ['conversations'],
  'network.get': ['network', 'conversations', 'contacts'],
}

interface Subscription {
  readonly topics: readonly Topic[]
  refresh(): void
}

export class Live {
  readonly #clock: ClockPort
  readonly #failed: (error: unknown) => void
  readonly #subscriptions = new Set<Subscription>()
  readonly #listeners = new Map<EventName, Set<(payload: never) => void>>()

  constructor(clock: ClockPort, failed: (error: unknown) => void) {
    this.#clock = clock
    this.#failed = failed
  }

  open<N extends QueryName>(name: N, run: () => ResultOf<N>): LiveQuery<ResultOf<N>> {
    let current: ResultOf<N> | undefined
    let pending: Cancel | undefined
    let refreshedAt = -LIVE_INTERVAL_MS
    const changed = new Set<() => void>()
    const evaluate = () => {
      pending = undefined
      refreshedAt = this.#clock.now()
      try {
        current = run()
      } catch (error) {
        this.#failed(error)
        return
      }
      for (const notify of [...changed]) notify()
    }
    const refresh = () => {
      const wait = Math.min(LIVE_INTERVAL_MS, refreshedAt + LIVE_INTERVAL_MS - this.#clock.now())
      pending ??= this.#clock.after(Math.max(0, wait), evaluate)
    }
    const subscription = { topics: TOPICS[name] ?? [], refresh }
    this.#subscriptions.add(subscription)
    refresh()
    return {
      peek: () => current,
      subscribe(notify) {
        changed.add(notify)
        return () => changed.delete(notify)
      },
      whenReady: () =>
        new Promise((resolve) => {
          const take = () => {
            if (current === undefined) return
            changed.delete(take)
            resolve(current)
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

  hasListener(event: EventName): boolean {
    return (this.#listeners.get(event)?.size ?? 0) > 0
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

  close(): void {
    this.#subscriptions.clear()
    this.#listeners.clear()
  }
}
