import { createReadMarker } from './read-marker.ts'
import { createTimelineArrivals } from './timeline-arrivals.ts'
import { createTimelineCore, type TimelineCore } from './timeline-core.ts'
import { createTimelineLoading, type TimelineLoading } from './timeline-loading.ts'
import { keepPlace, takePlace } from './timeline-place.ts'
import type { ScrollRequest, TimelineModel, TimelinePorts } from './timeline-types.ts'
import { dropMessage, findMessage } from './window.ts'

/**
 * What the node never answered for is handed over again this long after it came back. By then everything that it had
 * taken before is in its log and was recognised, so nothing is said twice.
 */
const RESEND_DELAY_MS = 1_500

/** Coming and going: what is shown when a conversation is opened, and what is remembered when it is left. */
const visitsOf = (core: TimelineCore, loading: TimelineLoading) => {
  const { ports, store, lay, scrollTo, keyOf } = core
  const { environment, conversation } = ports
  const openingScroll = (): ScrollRequest => {
    const { firstUnread, anchor } = core
    if (firstUnread !== undefined) return scrollTo({ type: 'tile', key: keyOf(firstUnread) })
    const isAnchorHere = store.getSnapshot().tiles.some((tile) => tile.key === anchor?.key)
    return anchor === undefined || !isAnchorHere ? scrollTo({ type: 'end' }) : scrollTo({ type: 'tile', ...anchor })
  }
  const open: TimelineModel['open'] = () => {
    core.isOpen = true
    const now = ports.current()
    core.firstUnread = now !== undefined && now.unread > 0 ? now.firstUnread : undefined
    const isLoaded = store.getSnapshot().phase === 'ready'
    const isUnreadHere = core.firstUnread === undefined || findMessage(core.window, core.firstUnread) !== undefined
    const place = isLoaded ? undefined : takePlace(environment.tab, conversation)
    if (isLoaded && isUnreadHere) {
      lay()
      store.patch({ scroll: openingScroll() })
      return
    }
    core.anchor = place ?? core.anchor
    store.patch({ phase: isLoaded ? 'ready' : 'loading' })
    void loading.replace(core.firstUnread ?? place?.key, openingScroll)
  }
  const leave: TimelineModel['leave'] = (anchor) => {
    core.isOpen = false
    core.anchor = core.isAtEnd ? undefined : anchor
    core.firstUnread = undefined
    lay({ announced: [], steps: [] })
  }
  const keep: TimelineModel['keepPlace'] = (anchor) => {
    const tile = store.getSnapshot().tiles.find((each) => each.key === anchor?.key)
    const isKept = anchor !== undefined && !core.isAtEnd && tile?.type === 'message' && !tile.isEcho
    keepPlace(environment.tab, conversation, isKept ? { key: tile.message.id, offset: anchor.offset } : undefined)
  }
  return { open, leave, keepPlace: keep }
}

/** What goes from this device goes from the window, wherever it was removed. */
const removalsOf = (core: TimelineCore, loading: TimelineLoading) => {
  const { ports, store, lay, scrollTo } = core
  let comparedWith: string | undefined
  const drop: TimelineModel['drop'] = (id) => {
    core.dropped.add(id)
    core.window = dropMessage(core.window, id)
    const { messages, hasBefore, hasAfter } = core.window
    if (messages.length === 0 && (hasBefore || hasAfter))
      void loading.replace(undefined, () => scrollTo({ type: 'end' }))
    lay({ announced: store.getSnapshot().announced.filter((message) => message.id !== id) })
  }
  const clear: TimelineModel['clear'] = () => {
    core.firstUnread = undefined
    store.patch({ announced: [], steps: [] })
    void loading.replace(undefined, () => scrollTo({ type: 'end' }))
  }
  /** The list knows of nothing as new as the newest here: it was removed elsewhere, unless the list is behind. */
  const compare = () => {
    const newest = core.window.messages.at(-1)
    const listed = ports.current()?.lastMessage
    if (newest === undefined || core.window.hasAfter || newest.order <= (listed?.order ?? '')) return
    const difference = `${newest.id} ${listed?.id ?? ''}`
    if (store.getSnapshot().phase !== 'ready' || comparedWith === difference) return
    comparedWith = difference
    loading.catchUp()
  }
  return { drop, clear, compare }
}

/** The timeline of one conversation. Nothing here waits for the network: the node answers from its own disk. */
export const createTimelineModel = (ports: TimelinePorts): TimelineModel => {
  const { client, environment, conversation } = ports
  const core = createTimelineCore(ports)
  const { store, owned, echoes, lay, absorb, scrollTo, keyOf } = core
  const loading = createTimelineLoading(core)
  const { take } = createTimelineArrivals(core)
  const { see, recount } = createReadMarker(core)
  const visits = visitsOf(core, loading)
  const { drop, clear, compare } = removalsOf(core, loading)
  let cancelResend: (() => void) | undefined
  owned.add(() => cancelResend?.())

  const jumpToLatest = () => {
    if (core.window.hasAfter) void loading.replace(undefined, () => scrollTo({ type: 'end' }))
    else store.patch({ scroll: scrollTo({ type: 'end' }) })
  }
  return {
    ...visits,
    getSnapshot: store.getSnapshot,
    subscribe: store.subscribe,
    loadOlder: () => void loading.extend('older'),
    loadNewer: () => void loading.extend('newer'),
    rest: (farEnd) => loading.rest(farEnd),
    see,
    recount: () => {
      recount()
      compare()
    },
    drop,
    clear,
    setAtEnd: (isAtEnd) => {
      core.isAtEnd = isAtEnd
    },
    jumpTo: (id) => {
      const here = () => scrollTo({ type: 'tile', key: keyOf(id) }, 'center', true)
      if (findMessage(core.window, id) === undefined) return loading.replace(id, here)
      store.patch({ scroll: here() })
      return Promise.resolve(undefined)
    },
    jumpToLatest,
    send: (text, replyTo) => {
      const key = echoes.send(text, replyTo)
      if (core.window.hasAfter) jumpToLatest()
      else lay({ freshKey: key, scroll: scrollTo({ type: 'end' }) })
    },
    retry: (id) => {
      if (echoes.retry(id)) return
      client.call('messages.retry', { conversation, message: id }).then(absorb, () => {
        // It stays failed, with its Retry in place.
      })
    },
    discardEcho: echoes.discard,
    take,
    refresh: () => {
      if (store.getSnapshot().phase !== 'ready') {
        if (core.isOpen) visits.open()
        return
      }
      loading.catchUp()
      cancelResend?.()
      cancelResend = environment.after(RESEND_DELAY_MS, () => loading.catchUp(echoes.resend))
    },
    find: (id) => findMessage(core.window, id),
    lastOwn: () => {
      const me = ports.me()
      return core.window.messages.findLast((message) => message.sender === me && message.content.type === 'text')
    },
    dispose: () => {
      echoes.dispose()
      owned.dispose()
    },
  }
}
