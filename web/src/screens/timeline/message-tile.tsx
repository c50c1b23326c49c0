import type { Message, Network } from '@parley/engine/api'
import { memo, useState } from 'react'
import { t } from '../../locales/index.ts'
import { classNames } from '../../ui/class-names.ts'
import { Icon } from '../../ui/icon.tsx'
import { statusOf } from '../../ui/message-status.ts'
import { oneLine, previewOf } from '../../ui/preview.ts'
import { clockTime, dayName, fullTime } from '../../ui/time.ts'
import type { MessageCommands } from './message-commands.ts'
import { MessageBubble } from './message-bubble.tsx'
import { MessageMeta } from './message-meta.tsx'
import { MessageToolbar } from './message-toolbar.tsx'
import { Reactions } from './reactions.tsx'
import styles from './message-tile.module.css'
import type { MessageTile } from './tiles.ts'
import { useLongPress } from './use-long-press.ts'

const cx = classNames(styles)

/** What the words of a tile are made with. */
export interface Names {
  readonly me: string
  readonly them: string
  /** The own place for what waits, when there is one. */
  readonly storage?: Network['storage']
}

interface MessageTileProps {
  readonly tile: MessageTile
  readonly names: Names
  readonly now: number
  readonly isFocusable: boolean
  readonly isFresh: boolean
  readonly isLast: boolean
  /** Above zero: the tile is shown off; another number shows it off again. */
  readonly highlightSerial: number
  readonly hasPopup: boolean
  readonly commands: MessageCommands
  readonly onActive: (key: string) => void
}

/** "sender, content, time, status", for those who hear the page. */
const labelOf = ({ message, isOwn }: MessageTile, names: Names): string =>
  t.timeline.message([
    isOwn ? names.me : names.them,
    message.subject === undefined ? '' : t.conversation.aboutSubject(oneLine(message.subject)),
    previewOf(message.content),
    clockTime(message.sentAt),
    message.editedAt === undefined ? '' : t.timeline.edited,
    isOwn && message.content.type !== 'deleted'
      ? statusOf(message, { name: names.them, storage: names.storage }).label
      : '',
  ])

/** A message with what stands above it (day, "New", gap) and below it (reactions, time, state). */
export const MessageTileView = memo(function MessageTileView(props: MessageTileProps) {
  const { tile, names, now, isFocusable, isFresh, isLast, highlightSerial, hasPopup, commands, onActive } = props
  const { message, isOwn, startsGroup, endsGroup } = tile
  const [isHovered, setHovered] = useState(false)
  const longPress = useLongPress((at) => commands.openMenu(tile, at))
  const canAct = !tile.isEcho && message.content.type !== 'deleted'
  return (
    // One of these is in the tab order; the log around it moves the focus and hears the keys.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div
      className={cx('tile', isOwn ? 'own' : 'theirs', startsGroup && 'starts', isLast && 'last')}
      role="article"
      aria-label={labelOf(tile, names)}
      data-key={tile.key}
      data-testid="message"
      data-message={message.id}
      data-state={isOwn ? message.state : undefined}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={isFocusable ? 0 : -1}
      onFocus={() => onActive(tile.key)}
    >
      <Above tile={tile} now={now} />
      <div
        className={cx('row', isFresh && 'fresh')}
        title={fullTime(message.sentAt)}
        onPointerEnter={(event) => setHovered(event.pointerType === 'mouse')}
        onPointerLeave={() => setHovered(false)}
        onContextMenu={(event) => {
          if (!canAct || isNative(event.target)) return
          event.preventDefault()
          commands.openMenu(tile, { x: event.clientX, y: event.clientY })
        }}
        {...longPress}
      >
        {highlightSerial > 0 && <span key={highlightSerial} className={cx('highlight')} />}
        <MessageBubble tile={tile} names={names} isFocusable={isFocusable} commands={commands} />
        {canAct && (isHovered || hasPopup) && (
          <div className={cx('tools')}>
            <MessageToolbar tile={tile} commands={commands} />
          </div>
        )}
      </div>
      {message.reactions.length > 0 && (
        <Reactions message={message} isOwn={isOwn} names={names} isFocusable={isFocusable} commands={commands} />
      )}
      {(endsGroup || message.state === 'failed') && <MessageMeta tile={tile} names={names} commands={commands} />}
    </div>
  )
})

/** Links keep the browser's own menu, and so does selected text. */
const isNative = (target: EventTarget): boolean =>
  (target instanceof Element && target.closest('a[href]') !== null) || getSelection()?.type === 'Range'

function Above({ tile, now }: { readonly tile: MessageTile; readonly now: number }) {
  const { dayStart, isFirstUnread, message } = tile
  return (
    <>
      {dayStart !== undefined && (
        <div className={cx('day')} role="separator" aria-label={dayName(dayStart, now)}>
          <span aria-hidden="true">{dayName(dayStart, now)}</span>
        </div>
      )}
      {isFirstUnread && (
        <div className={cx('newLine')} role="separator" aria-label={t.timeline.newLine} data-testid="new-line">
          <span aria-hidden="true">{t.timeline.newLine}</span>
        </div>
      )}
      {message.hasGapBefore && <Gap message={message} />}
    </>
  )
}

function Gap({ message }: { readonly message: Message }) {
  return (
    <div className={cx('gap')} data-testid="gap" data-before={message.id}>
      <Icon name="clock" size={14} />
      {t.timeline.gap}
    </div>
  )
}
