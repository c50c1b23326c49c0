import type { Message } from '@parley/engine/api'
import { createDisposables, createStore, type Disposables, type Store } from '../../ui/view-model.ts'
import { createEchoes, type Echoes } from './echoes.ts'
import { layTiles } from './tiles.ts'
import type { Anchor, ScrollRequest, TimelinePorts, TimelineSnapshot } from './timeline-types.ts'
import { upsertMessages, type TimelineWindow } from './window.ts'

/** What the parts of one timeline share: the window, who reads it, and the snapshot that both make. */
export interface TimelineCore {
  readonly ports: TimelinePorts
  readonly store: Store<TimelineSnapshot>
  readonly owned: Disposables
  readonly echoes: Echoes
  window: TimelineWindow
  /** Where the "New" line stands. */
  firstUnread: string | undefined
  isOpen: boolean
  isAtEnd: boolean
  /** Order of the newest message that was looked at. */
  seenOrder: string
  anchor: Anchor | undefined
  /** Arrived and not yet taken in. */
  waiting: Message[]
  /** Removed from this device. One's own that has not arrived is still told about until it has. */
  readonly dropped: Set<string>
  /** Makes the snapshot anew from the window. */
  lay(extra?: Partial<TimelineSnapshot>): void
  /** Takes one message in at once. */
  absorb(message: Message): void
  /** Key of a stored message's tile. */
  keyOf(message: string): string
  /** A new request to the view. */
  scrollTo(target: ScrollRequest['target'], align?: ScrollRequest['align'], isHighlighted?: boolean): ScrollRequest
}

export const createTimelineCore = (ports: TimelinePorts): TimelineCore => {
  const { client, environment, conversation } = ports
  let serial = 0
  const lay = (extra: Partial<TimelineSnapshot> = {}) => {
    const { window, firstUnread, echoes, store } = core
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
    core.window = upsertMessages(core.window, [message])
    lay()
  }
  const core: TimelineCore = {
    ports,
    store: createStore<TimelineSnapshot>({
      phase: 'loading',
      tiles: [],
      hasBefore: true,
      hasAfter: true,
      announced: [],
      steps: [],
    }),
    owned: createDisposables(),
    echoes: createEchoes({ client, environment, conversation, me: ports.me, stored: absorb, changed: () => lay() }),
    window: { messages: [], hasBefore: true, hasAfter: true },
    firstUnread: undefined,
    isOpen: false,
    isAtEnd: true,
    seenOrder: '',
    anchor: undefined,
    waiting: [],
    dropped: new Set(),
    lay,
    absorb,
    keyOf: (message) => core.echoes.keys().get(message) ?? message,
    scrollTo: (target, align = 'start', isHighlighted = false) => {
      serial += 1
      return { serial, target, align, isHighlighted }
    },
  }
  return core
}
