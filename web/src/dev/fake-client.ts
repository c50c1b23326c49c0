import type {
  ApiClient,
  EventName,
  EventOf,
  LiveQuery,
  OperationName,
  Params,
  QueryName,
  ResultOf,
  StreamName,
} from '@parley/engine/api'
import type { FakeWorld } from './fake-world.ts'

/** The API over a {@link FakeWorld}. Answers come after `latencyMs`, as from a node on this machine. */
export const createFakeClient = (world: FakeWorld, latencyMs = 0): ApiClient => {
  const run = <N extends Exclude<OperationName, StreamName>>(name: N, params: Params<N>): ResultOf<N> =>
    world.handlers[name](params)
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
  const handlers: { [E in EventName]: Set<(payload: EventOf<E>) => void> } = {
    'messages.changed': new Set(),
    'typing.noticed': new Set(),
    'profiles.changed': new Set(),
  }
  const tell = <E extends EventName>(event: E, payload: EventOf<E>) =>
    later(() => {
      for (const handler of [...handlers[event]]) handler(payload)
    })
  world.listen({
    changed: () => {},
    messages: (conversation, messages) => tell('messages.changed', { conversation, messages: [...messages] }),
    profiles: (profiles) => tell('profiles.changed', { profiles: [...profiles] }),
    typing: (conversation, account, subject) => tell('typing.noticed', { conversation, account, subject }),
  })
  async function* stream<N extends StreamName>(name: N, params: Params<N>, signal?: AbortSignal) {
    for (const item of world.streams[name](params)) {
      await new Promise<void>((resolve) => {
        later(resolve)
      })
      signal?.throwIfAborted()
      yield item
    }
  }
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
    stream,
    on: (event, handler) => {
      handlers[event].add(handler)
      return () => {
        handlers[event].delete(handler)
      }
    },
  }
}
