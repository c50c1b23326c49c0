import type { Conversation } from '@parley/engine/api'
import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent } from 'react'
import { Virtualizer, type VirtualizerHandle } from 'virtua'
import { useApp } from '../../app/context.ts'
import { t } from '../../locales/index.ts'
import { classNames } from '../../ui/class-names.ts'
import { useMinute } from '../../ui/clock.ts'
import { Icon } from '../../ui/icon.tsx'
import { useViewModel } from '../../ui/use-view-model.ts'
import styles from './conversation-list.module.css'
import { ConversationRow } from './conversation-row.tsx'
import { headsBetween, unreadBeyond } from './list-model.ts'

const cx = classNames(styles)

/** Every conversation, the last changed first; says what is unread above and below of what can be seen. */
export function ConversationList({ conversations }: { readonly conversations: readonly Conversation[] }) {
  const { session, navigation, preferences } = useApp()
  const { muted } = useViewModel(preferences)
  const { profiles } = session
  const { place } = useViewModel(navigation)
  const me = useViewModel(session.me)?.account ?? ''
  const storage = useViewModel(session.network)?.storage
  const now = useMinute()
  const scroller = useRef<HTMLDivElement>(null)
  const list = useRef<VirtualizerHandle>(null)
  const [range, setRange] = useState({ first: 0, last: Number.POSITIVE_INFINITY })
  const open = place.type === 'conversation' ? place.conversation : undefined
  const openAt = conversations.findIndex((each) => each.id === open)

  const measure = () => {
    const handle = list.current
    if (handle === null || handle.viewportSize === 0) return
    const first = handle.findItemIndex(handle.scrollOffset + 8)
    const last = handle.findItemIndex(handle.scrollOffset + handle.viewportSize - 24)
    setRange((before) => (before.first === first && before.last === last ? before : { first, last }))
    profiles.see('list', headsBetween(conversations, first, last))
  }
  useLayoutEffect(measure, [conversations, profiles])
  useEffect(() => () => profiles.see('list', []), [profiles])
  useLayoutEffect(() => {
    if (openAt >= 0) list.current?.scrollToIndex(openAt, { align: 'nearest' })
    // Only when another one is opened: a list that reorders by itself must not scroll.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [open])

  const { above, below, nearestAbove, nearestBelow } = unreadBeyond(conversations, range.first, range.last)
  const scrollTo = (at: number | undefined) => {
    if (at !== undefined) list.current?.scrollToIndex(at, { align: 'center', smooth: true })
  }
  return (
    <div className={cx('frame')}>
      {above > 0 && (
        <button type="button" className={cx('banner', 'above')} onClick={() => scrollTo(nearestAbove)}>
          <Icon name="chevron-up" size={14} />
          {t.list.unreadAbove(above)}
        </button>
      )}
      <div ref={scroller} className={cx('scroller')} role="presentation" onKeyDown={(event) => moveFocus(event)}>
        <Virtualizer
          ref={list}
          scrollRef={scroller}
          as="ul"
          item="li"
          itemSize={68}
          onScroll={measure}
          onResize={measure}
        >
          {conversations.map((conversation) => (
            <ConversationRow
              key={conversation.id}
              conversation={conversation}
              me={me}
              now={now}
              isOpen={conversation.id === open}
              isMuted={muted.includes(conversation.id)}
              storage={storage}
              navigation={navigation}
            />
          ))}
        </Virtualizer>
      </div>
      {below > 0 && (
        <button type="button" className={cx('banner', 'below')} onClick={() => scrollTo(nearestBelow)}>
          <Icon name="chevron-down" size={14} />
          {t.list.unreadBelow(below)}
        </button>
      )}
    </div>
  )
}

/** Up and down between rows; Tab leaves the list as one. */
const moveFocus = (event: KeyboardEvent<HTMLElement>) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('a')]
  const at = rows.findIndex((row) => row === document.activeElement)
  const next = rows[at + (event.key === 'ArrowDown' ? 1 : -1)]
  if (at < 0 || next === undefined) return
  event.preventDefault()
  next.focus()
}
