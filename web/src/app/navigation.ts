import { createStore, type ViewModel } from '../ui/view-model.ts'
import { parseRoute, routePath, type Place, type Route, type Sheet } from './routes.ts'

/** The address bar as a model. Going somewhere is a history entry; sheets and side panels replace it. */
export interface Navigation extends ViewModel<Route> {
  go(place: Place): void
  /** As `go`, without a way back. */
  replace(place: Place): void
  openSheet(sheet: Sheet): void
  closeSheet(): void
  openConversation(conversation: string): void
  /** To the list on a narrow screen. */
  goHome(): void
  setDetailsOpen(isOpen: boolean): void
  dispose(): void
}

/** The part of `window` that navigation needs. */
export interface HistoryPort {
  path(): string
  push(path: string): void
  replace(path: string): void
  onPop(changed: () => void): () => void
}

export const browserHistory: HistoryPort = {
  path: () => location.pathname + location.search,
  push: (path) => history.pushState(null, '', path),
  replace: (path) => history.replaceState(null, '', path),
  onPop: (changed) => {
    window.addEventListener('popstate', changed)
    return () => window.removeEventListener('popstate', changed)
  },
}

/** Lets `update` happen; may show it as a movement. */
export type Transition = (from: Place, to: Place, update: () => void) => void

const atOnce: Transition = (_from, _to, update) => update()

export const createNavigation = (port: HistoryPort, transition: Transition = atOnce): Navigation => {
  const store = createStore<Route>(parseRoute(port.path()))
  const show = (route: Route) => transition(store.getSnapshot().place, route.place, () => store.set(route))
  const endPop = port.onPop(() => show(parseRoute(port.path())))
  const move = (route: Route, isReplacing: boolean) => {
    const path = routePath(route)
    if (path === routePath(store.getSnapshot())) return
    if (isReplacing) port.replace(path)
    else port.push(path)
    show(route)
  }
  const go = (place: Place) => move({ place }, false)
  return {
    ...store,
    go,
    replace: (place) => move({ place }, true),
    openSheet: (sheet) => move({ place: store.getSnapshot().place, sheet }, true),
    closeSheet: () => move({ place: store.getSnapshot().place }, true),
    openConversation: (conversation) => {
      const { place } = store.getSnapshot()
      if (place.type === 'conversation' && place.conversation === conversation) move({ place }, true)
      else go({ type: 'conversation', conversation, isDetailsOpen: false })
    },
    goHome: () => go({ type: 'home' }),
    setDetailsOpen: (isDetailsOpen) => {
      const { place } = store.getSnapshot()
      if (place.type === 'conversation') move({ place: { ...place, isDetailsOpen } }, true)
    },
    dispose: endPop,
  }
}
