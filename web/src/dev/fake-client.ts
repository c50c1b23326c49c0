import type {
  ApiClient,
  EventName,
  EventOf,
  LiveQuery,
  OperationName,
  Params,
  QueryName,
  ResultOf,
} from '@parley/engine/api'
import type { FakeWorld } from './fake-world.ts'

/** The API over a {@link FakeWorld}. Answers come after `latencyMs`, as from a node on this machine. */
export const createFakeClient = (world: FakeWorld, latencyMs = 0): ApiClient => {
  const run = <N extends OperationName>(name: N, params: Params<N>): ResultOf<N> => world.handlers[name](params)
  const later = (deliver: () => void) => {
    if (latencyMs === 0) queueMicrotask(deliver)
    else setTimeout(deliver, latencyMs)
  }
  const live = <N extends QueryName>(name: N, params: Params<N>): LiveQuery<ResultOf<N>> => {
    let newest: ResultOf<N> | undefined
    let isPending = false
    const changed = new Set<() => void>()
    const ready = Promise.withResolvers<ResultOf<N>>()
    const update = () => {
      if (isPending) return
      isPending = true
      later(() => {
        isPending = false
        const result = run(name, params)
        newest = result
        ready.resolve(result)
        for (const each of [...changed]) each()
      })
    }
    const end = world.listen({ changed: update, messages: () => {} })
    update()
    return {
      peek: () => newest,
      subscribe: (listener) => {
        changed.add(listener)
        return () => changed.delete(listener)
      },
      whenReady: () => ready.promise,
      dispose: () => {
        end()
        changed.clear()
      },
    }
  }
  const handlers: { [E in EventName]: Set<(payload: EventOf<E>) => void> } = { 'messages.changed': new Set() }
  world.listen({
    changed: () => {},
    messages: (conversation, messages) =>
      later(() => {
        for (const handler of [...handlers['messages.changed']]) handler({ conversation, messages: [...messages] })
      }),
  })
  return {
    call: (name, params) =>
      new Promise((resolve, reject) => {
        later(() => {
          try {
            resolve(run(name, params))
          } catch (error) {
            reject(error)
          }
        })
      }),
    live,
    on: (event, handler) => {
      handlers[event].add(handler)
      return () => {
        handlers[event].delete(handler)
      }
    },
  }
}
