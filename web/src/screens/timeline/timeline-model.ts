import type { ApiClient, Conversation, Message } from '@parley/engine/api'
import type { Environment } from '../../app/environment.ts'
import { reasonOf } from '../../app/reason.ts'
import { createDisposables, createStore, type ViewModel } from '../../ui/view-model.ts'
import { createEchoes } from './echoes.ts'
import { layTiles, type Tile } from './tiles.ts'
import { keepPlace, takePlace } from './timeline-place.ts'
import {
  appendPage,
  findMessage,
  pageToWindow,
  prependPage,
  refreshWithLatest,
  trimWindow,
  upsertMessages,
  type TimelineWindow,
} from './window.ts'

const PAGE_MESSAGES = 50
/** Messages asked for again after a pause in hearing, so that states which moved on meanwhile are seen. */
const REFRESH_MESSAGES = 200
/** Reading is told in one go when several messages come into view together. */
const READ_DELAY_MS = 120

/**
 * What the node never answered for is handed over again this long after it came back. By then everything that it had
 * taken before is in its log and was recognised, so nothing is said twice.
 */
const RESEND_DELAY_MS = 1_500

/** Asks the view to bring a tile into view; a new serial is a new request. */
export interface ScrollRequest {
  readonly serial: number
  /** Key of the tile, or the very end. */
  readonly target: { readonly type: 'end' } | { readonly type: 'tile'; readonly key: string; readonly offset?: number }
  readonly align: 'start' | 'center'
  readonly isHighlighted: boolean
}

export interface TimelineSnapshot {
  readonly phase: 'loading' | 'ready' | 'failed'
  /** Why `phase` is `failed`, in words. */
  readonly reason?: string
  readonly tiles: readonly Tile[]
  readonly hasBefore: boolean
  /** There are newer messages than the last tile. */
  readonly hasAfter: boolean
  readonly scroll?: ScrollRequest
  /** The newest tile, when it came while the reader was at the end; it may slide in. */
  readonly freshKey?: string
  /** Incoming messages since the page was opened that a screen reader should hear about. */
  readonly announced: readonly Message[]
}

/** Where the reader was: a tile and how far it stood from the top, in pixels. */
export interface Anchor {
  readonly key: string
  readonly offset: number
}

export interface TimelineModel extends ViewModel<TimelineSnapshot> {
  /** The conversation comes into view; loads what is missing. */
  open(): void
  /** The conversation goes out of view: the "New" line has done its work. */
  leave(anchor: Anchor | undefined): void
  /** The page is about to go; when it is loaded again, the timeline opens where it was. */
  keepPlace(anchor: Anchor | undefined): void
  loadOlder(): void
  loadNewer(): void
  /** The reader's eyes reached this message. */
  see(message: Message): void
  setAtEnd(isAtEnd: boolean): void
  jumpTo(message: string): void
  jumpToLatest(): void
  /** Shows the text at once and hands it to the node. */
  send(text: string, replyTo: string | undefined): void
  /** Sends a failed message, or one that the node never got, again. */
  retry(message: string): void
  /** Lets go of a message that the node never got. @returns its text. */
  discardEcho(message: string): string | undefined
  /** Messages that are new or look different, from the node. Taken in before the next frame. */
  take(messages: readonly Message[]): void
  /** After a pause in hearing. */
  refresh(): void
  find(message: string): Message | undefined
  /** The newest message of one's own that can still be edited. */
  lastOwn(): Message | undefined
  dispose(): void
}

export interface TimelinePorts {
  readonly client: ApiClient
  readonly environment: Environment
  readonly conversation: string
  me(): string
  /** The newest known state of the conversation. */
  current(): Conversation | undefined
}

const emptyWindow: TimelineWindow = { messages: [], hasBefore: true, hasAfter: true }

/** The timeline of one conversation. Nothing here waits for the network: the node answers from its own disk. */
export const createTimelineModel = (ports: TimelinePorts): TimelineModel => {
  const { client, environment, conversation } = ports
  const store = createStore<TimelineSnapshot>({
    phase: 'loading',
    tiles: [],
    hasBefore: true,
    hasAfter: true,
    announced: [],
  })
  const owned = createDisposables()
  const echoes = createEchoes({
    client,
    environment,
    conversation,
    me: ports.me,
    stored: (message) => absorb(message),
    changed: () => lay(),
  })
  let window = emptyWindow
  let firstUnread: string | undefined
  let isOpen = false
  let isAtEnd = true
  let seenOrder = ''
  let serial = 0
  let load = 0
  let isExtending = false
  let anchor: Anchor | undefined
  let waiting: Message[] = []
  let cancelFlush: (() => void) | undefined
  let unreadTold: Message | undefined
  let cancelTelling: (() => void) | undefined
  let cancelResend: (() => void) | undefined

  const lay = (extra: Partial<TimelineSnapshot> = {}) => {
    const tiles = layTiles(
      {
        messages: window.messages,
        echoes: window.hasAfter ? [] : echoes.list(),
        me: ports.me(),
        hasBefore: window.hasBefore,
        keys: echoes.keys(),
        ...(firstUnread === undefined ? {} : { firstUnread }),
      },
      store.getSnapshot().tiles,
    )
    store.patch({ tiles, hasBefore: window.hasBefore, hasAfter: window.hasAfter, ...extra })
  }

  const absorb = (message: Message) => {
    window = upsertMessages(window, [message])
    lay()
  }

  const scrollTo = (
    target: ScrollRequest['target'],
    align: 'start' | 'center',
    isHighlighted: boolean,
  ): ScrollRequest => {
    serial += 1
    return { serial, target, align, isHighlighted }
  }
  const keyOf = (message: string) => echoes.keys().get(message) ?? message
  const openingScroll = (): ScrollRequest => {
    if (firstUnread !== undefined) return scrollTo({ type: 'tile', key: keyOf(firstUnread) }, 'start', false)
    const isAnchorHere = store.getSnapshot().tiles.some((tile) => tile.key === anchor?.key)
    if (anchor === undefined || !isAnchorHere) return scrollTo({ type: 'end' }, 'start', false)
    return scrollTo({ type: 'tile', ...anchor }, 'start', false)
  }

  /** Fetches a page that takes the window's place. */
  const replace = async (around: string | undefined, scroll: () => ScrollRequest) => {
    load += 1
    const mine = load
    try {
      const page = await client.call('messages.page', {
        conversation,
        limit: PAGE_MESSAGES,
        ...(around === undefined ? {} : { around }),
      })
      if (mine !== load || owned.isDisposed) return
      window = upsertMessages(pageToWindow(page), waiting)
      waiting = []
      lay({ phase: 'ready' })
      store.patch({ scroll: scroll() })
    } catch (error) {
      if (mine === load && !owned.isDisposed) store.patch({ phase: 'failed', reason: reasonOf(error) })
    }
  }

  const extend = async (end: 'older' | 'newer') => {
    const edge = end === 'older' ? window.messages[0] : window.messages.at(-1)
    const isMore = end === 'older' ? window.hasBefore : window.hasAfter
    if (isExtending || !isMore || edge === undefined || store.getSnapshot().phase !== 'ready') return
    isExtending = true
    const mine = load
    try {
      const page = await client.call('messages.page', {
        conversation,
        limit: PAGE_MESSAGES,
        ...(end === 'older' ? { before: edge.id } : { after: edge.id }),
      })
      if (mine !== load || owned.isDisposed) return
      window = end === 'older' ? prependPage(window, page) : appendPage(window, page)
      lay()
      // Letting go is a step of its own: a list that grows and shrinks at once cannot keep its place.
      owned.add(
        environment.schedule(() => {
          const trimmed = trimWindow(window, end === 'older' ? 'end' : 'start')
          if (trimmed !== window && mine === load) {
            window = trimmed
            lay()
          }
        }),
      )
    } catch {
      // What is shown stays; scrolling on asks again.
    } finally {
      isExtending = false
    }
  }

  const flush = () => {
    cancelFlush = undefined
    const known = new Set(window.messages.map((message) => message.id))
    const me = ports.me()
    const isNew = (message: Message) => !known.has(message.id) && message.sender !== me
    const lastIncoming = window.messages.findLast((message) => message.sender !== me)
    const changed = echoes.adopt(waiting, known)
    waiting = []
    const next = upsertMessages(window, changed)
    if (next === window) return
    const wasAtEnd = isAtEnd && !window.hasAfter
    window = next
    const arrived = window.messages.filter((message) => isNew(message))
    const [first] = arrived
    const isCaughtUp = lastIncoming === undefined || lastIncoming.order <= seenOrder
    const isUnseen = isOpen && (!environment.isAttended() || !wasAtEnd)
    if (first !== undefined && isUnseen && (firstUnread === undefined || isCaughtUp)) firstUnread = first.id
    const last = window.messages.at(-1)
    const isFresh = wasAtEnd && last !== undefined && !known.has(last.id)
    // What was spoken follows its message, so that a deleted text does not stay where only a screen reader finds it.
    const spoken = store.getSnapshot().announced.map((message) => findMessage(window, message.id) ?? message)
    lay({
      ...(isFresh ? { freshKey: keyOf(last.id) } : {}),
      announced: isOpen && arrived.length > 0 ? arrived : spoken,
    })
  }

  const tellRead = () => {
    cancelTelling = undefined
    const upTo = unreadTold
    unreadTold = undefined
    // A message is read once seen even if telling the node fails: the next sight tells it again.
    if (upTo !== undefined)
      client.call('conversations.read', { conversation, upTo: upTo.id }).catch(() => (seenOrder = ''))
  }

  /** Fetches what was missed; an echo that the node turns out to have is recognised. */
  const catchUp = (then?: () => void) => {
    client.call('messages.page', { conversation, limit: REFRESH_MESSAGES }).then(
      (page) => {
        echoes.adopt(page.messages, new Set(window.messages.map((message) => message.id)))
        if (!window.hasAfter) window = refreshWithLatest(window, page)
        then?.()
        lay()
      },
      () => {
        // The link broke again; its return asks again.
      },
    )
  }

  const jumpToLatest = () => {
    if (!window.hasAfter) return store.patch({ scroll: scrollTo({ type: 'end' }, 'start', false) })
    void replace(undefined, () => scrollTo({ type: 'end' }, 'start', false))
  }

  const open = () => {
    isOpen = true
    const now = ports.current()
    firstUnread = now !== undefined && now.unread > 0 ? now.firstUnread : undefined
    const isLoaded = store.getSnapshot().phase === 'ready'
    const isUnreadHere = firstUnread === undefined || findMessage(window, firstUnread) !== undefined
    const place = isLoaded ? undefined : takePlace(environment.tab, conversation)
    if (!isLoaded || !isUnreadHere) {
      anchor = place ?? anchor
      store.patch({ phase: isLoaded ? 'ready' : 'loading' })
      void replace(firstUnread ?? place?.key, openingScroll)
      return
    }
    lay()
    store.patch({ scroll: openingScroll() })
  }

  return {
    getSnapshot: store.getSnapshot,
    subscribe: store.subscribe,
    open,
    leave: (next) => {
      isOpen = false
      anchor = isAtEnd ? undefined : next
      firstUnread = undefined
      lay({ announced: [] })
    },
    keepPlace: (next) => {
      const tile = store.getSnapshot().tiles.find((each) => each.key === next?.key)
      const isKept = next !== undefined && !isAtEnd && tile?.type === 'message' && !tile.isEcho
      keepPlace(environment.tab, conversation, isKept ? { key: tile.message.id, offset: next.offset } : undefined)
    },
    loadOlder: () => void extend('older'),
    loadNewer: () => void extend('newer'),
    see: (message) => {
      if (message.order <= seenOrder || !environment.isAttended()) return
      seenOrder = message.order
      if ((ports.current()?.unread ?? 0) === 0) return
      unreadTold = message
      cancelTelling ??= environment.after(READ_DELAY_MS, tellRead)
    },
    setAtEnd: (next) => {
      isAtEnd = next
    },
    jumpTo: (id) => {
      const here = () => scrollTo({ type: 'tile', key: keyOf(id) }, 'center', true)
      if (findMessage(window, id) !== undefined) store.patch({ scroll: here() })
      else void replace(id, here)
    },
    jumpToLatest,
    send: (text, replyTo) => {
      const key = echoes.send(text, replyTo)
      if (window.hasAfter) jumpToLatest()
      else lay({ freshKey: key, scroll: scrollTo({ type: 'end' }, 'start', false) })
    },
    retry: (id) => {
      if (!echoes.retry(id)) {
        client.call('messages.retry', { conversation, message: id }).then(absorb, () => {
          // It stays failed, with its Retry in place.
        })
      }
    },
    discardEcho: echoes.discard,
    take: (messages) => {
      waiting.push(...messages)
      if (store.getSnapshot().phase === 'ready') cancelFlush ??= environment.schedule(flush)
    },
    refresh: () => {
      if (store.getSnapshot().phase !== 'ready') {
        if (isOpen) open()
        return
      }
      catchUp()
      cancelResend?.()
      cancelResend = environment.after(RESEND_DELAY_MS, () => catchUp(echoes.resend))
    },
    find: (id) => findMessage(window, id),
    lastOwn: () => {
      const me = ports.me()
      return window.messages.findLast((message) => message.sender === me && message.content.type === 'text')
    },
    dispose: () => {
      cancelFlush?.()
      cancelTelling?.()
      cancelResend?.()
      echoes.dispose()
      owned.dispose()
    },
  }
}
