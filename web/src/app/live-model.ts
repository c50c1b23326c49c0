import type { ApiClient, Params, QueryName, ResultOf } from '@parley/engine/api'
import { createCell, type ViewModel } from '../ui/view-model.ts'
import type { Environment } from './environment.ts'

/** A live query as a view model: `undefined` until the first result. */
export type LiveModel<T> = ViewModel<T | undefined> & { dispose(): void }

/** Subscribes to a query; results are passed on, as `read` makes them, at most once a frame, the newest wins. */
export const createLiveModel = <N extends QueryName>(
  client: ApiClient,
  environment: Environment,
  name: N,
  params: Params<N>,
  read: (result: ResultOf<N>) => ResultOf<N> = (result) => result,
): LiveModel<ResultOf<N>> => {
  const live = client.live(name, params)
  const cell = createCell<ResultOf<N> | undefined>(undefined)
  let cancel: (() => void) | undefined
  const take = () => {
    cancel = undefined
    const result = live.peek()
    cell.set(result === undefined ? undefined : read(result))
  }
  const end = live.subscribe(() => {
    // The first result is shown at once: somebody is looking at an empty screen.
    if (cell.getSnapshot() === undefined) take()
    else cancel ??= environment.schedule(take)
  })
  return {
    getSnapshot: cell.getSnapshot,
    subscribe: cell.subscribe,
    dispose: () => {
      cancel?.()
      end()
      live.dispose()
    },
  }
}
