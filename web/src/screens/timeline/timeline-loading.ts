import type { Params } from '@parley/engine/api'
import { reasonOf } from '../../app/reason.ts'
import type { TimelineCore } from './timeline-core.ts'
import type { ScrollRequest } from './timeline-types.ts'
import {
  appendPage,
  dropMessage,
  pageToWindow,
  prependPage,
  refreshWithLatest,
  trimWindow,
  upsertMessages,
  type MessagePage,
  WINDOW_MESSAGES_MAX,
  WINDOW_MESSAGES_MOVING_MAX,
} from './window.ts'

const PAGE_MESSAGES = 50
/** Messages asked for again after a pause in hearing, so that states which moved on meanwhile are seen. */
const REFRESH_MESSAGES = 200

/** Fetching of pages. Of two that replace the window the later one counts. */
export interface TimelineLoading {
  /**
   * Fetches a page that takes the window's place: around a message, or the latest.
   * @returns why it could not be had, in words; what is shown stays.
   */
  replace(around: string | undefined, scroll: () => ScrollRequest): Promise<string | undefined>
  /** Fetches the next page at one end, once at a time. */
  extend(end: 'older' | 'newer'): Promise<void>
  /** Nothing moves: the end that the reader is far from may go. */
  rest(farEnd: 'start' | 'end'): void
  /** Fetches what was missed; an echo that the node turns out to have is recognised. */
  catchUp(then?: () => void): void
}

export const createTimelineLoading = (core: TimelineCore): TimelineLoading => {
  const { ports, store, owned, echoes, lay } = core
  const { client, environment, conversation } = ports
  let load = 0

  const pageOf = async (params: Omit<Params<'messages.page'>, 'conversation'>): Promise<MessagePage> => {
    const page = await client.call('messages.page', { conversation, ...params })
    return core.dropped.size === 0 ? page : [...core.dropped].reduce(dropMessage, page)
  }
  let isExtending = false

  const replace: TimelineLoading['replace'] = async (around, scroll) => {
    load += 1
    const mine = load
    try {
      const page = await pageOf({
        limit: PAGE_MESSAGES,
        ...(around === undefined ? {} : { around }),
      })
      if (mine !== load || owned.isDisposed) return undefined
      core.window = upsertMessages(pageToWindow(page), core.waiting)
      core.waiting = []
      lay({ phase: 'ready' })
      store.patch({ scroll: scroll() })
      return undefined
    } catch (error) {
      if (mine !== load || owned.isDisposed) return undefined
      const reason = reasonOf(error)
      if (store.getSnapshot().phase === 'loading') store.patch({ phase: 'failed', reason })
      return reason
    }
  }

  const trim = (farEnd: 'start' | 'end', max: number) => {
    const trimmed = trimWindow(core.window, farEnd, max)
    if (trimmed === core.window) return
    core.window = trimmed
    lay()
  }

  const extend: TimelineLoading['extend'] = async (end) => {
    const { window } = core
    const edge = end === 'older' ? window.messages[0] : window.messages.at(-1)
    const isMore = end === 'older' ? window.hasBefore : window.hasAfter
    if (isExtending || !isMore || edge === undefined || store.getSnapshot().phase !== 'ready') return
    isExtending = true
    const mine = load
    try {
      const page = await pageOf({
        limit: PAGE_MESSAGES,
        ...(end === 'older' ? { before: edge.id } : { after: edge.id }),
      })
      if (mine !== load || owned.isDisposed) return
      core.window = end === 'older' ? prependPage(core.window, page) : appendPage(core.window, page)
      lay()
      // Letting go is a step of its own: a list that grows and shrinks at once cannot keep its place.
      environment.schedule(() => {
        const farEnd = end === 'older' ? 'end' : 'start'
        if (mine === load && !owned.isDisposed) trim(farEnd, WINDOW_MESSAGES_MOVING_MAX)
      })
    } catch {
      // What is shown stays; scrolling on asks again.
    } finally {
      isExtending = false
    }
  }

  const catchUp: TimelineLoading['catchUp'] = (then) => {
    pageOf({ limit: REFRESH_MESSAGES }).then(
      (page) => {
        echoes.adopt(page.messages, new Set(core.window.messages.map((message) => message.id)))
        if (!core.window.hasAfter) core.window = refreshWithLatest(core.window, page)
        then?.()
        lay()
      },
      () => {
        // The link broke again; its return asks again.
      },
    )
  }
  return { replace, extend, rest: (farEnd) => trim(farEnd, WINDOW_MESSAGES_MAX), catchUp }
}
