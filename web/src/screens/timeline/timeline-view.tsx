import type { Conversation } from '@parley/engine/api'
import { Suspense, useMemo, useRef, useState } from 'react'
import { Virtualizer, type VirtualizerHandle } from 'virtua'
import { useApp } from '../../app/context.ts'
import { t } from '../../locales/index.ts'
import { Button } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { useMinute } from '../../ui/clock.ts'
import { PaneNote } from '../../ui/pane-note.tsx'
import { useViewModel } from '../../ui/use-view-model.ts'
import type { ComposerModel } from '../composer/composer-model.ts'
import { Announcer } from './announcer.tsx'
import { JumpButton } from './jump-button.tsx'
import { useMessageCommands, type MessagePopup } from './message-commands.ts'
import { MessageTileView } from './message-tile.tsx'
import { Skeleton } from './skeleton.tsx'
import styles from './timeline-view.module.css'
import type { TimelineModel } from './timeline-types.ts'
import { useTimelineFocus } from './use-timeline-focus.ts'
import { useTimelineScroll } from './use-timeline-scroll.ts'
import { part } from '../../ui/part.ts'

const cx = classNames(styles)
const MessagePopups = part(async () => (await import('./message-popups.tsx')).MessagePopups)

/** Kept ready beyond what can be seen: little at first, so that opening is quick, then enough for a fast wheel. */
const OPENING_BUFFER_PX = 200
const BUFFER_PX = 900

interface TimelineViewProps {
  readonly timeline: TimelineModel
  readonly composer: ComposerModel
  readonly conversation: Conversation
}

/** Tiles of one conversation, of which only those near the view exist as elements. */
export function TimelineView({ timeline, composer, conversation }: TimelineViewProps) {
  const snapshot = useViewModel(timeline)
  const { phase, reason, tiles, freshKey, scroll } = snapshot
  const now = useMinute()
  const scroller = useRef<HTMLDivElement>(null)
  const list = useRef<VirtualizerHandle>(null)
  const [popup, setPopup] = useState<MessagePopup>()
  const { isShift, isSettled, isAwayFromEnd, onScroll, onScrollEnd, onResize } = useTimelineScroll(
    timeline,
    snapshot,
    scroller,
    list,
  )
  const commands = useMessageCommands({ timeline, composer, conversation, setPopup })
  const focus = useTimelineFocus({ tiles, scroller, list, commands })
  const highlighted = scroll?.isHighlighted === true && scroll.target.type === 'tile' ? scroll : undefined

  const storage = useViewModel(useApp().session.network)?.storage
  const names = useMemo(() => ({ me: t.timeline.you, them: conversation.name, storage }), [conversation.name, storage])

  return (
    <div className={cx('frame')} id="messages">
      {phase === 'loading' && <Skeleton />}
      {phase === 'failed' && (
        <div className={cx('failed')}>
          <PaneNote title={t.timeline.failedToLoad} {...(reason === undefined ? {} : { text: reason })} icon="warning">
            <Button onClick={() => timeline.open()}>{t.app.retry}</Button>
          </PaneNote>
        </div>
      )}
      {/* Keys reach the log from the message that has the focus. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <div
        ref={scroller}
        className={cx('scroller', !isSettled && 'settling')}
        role="log"
        aria-live="off"
        aria-label={t.timeline.label(conversation.name)}
        data-testid="timeline"
        tabIndex={-1}
        onKeyDown={focus.onKeyDown}
      >
        <div className={cx('filler')} />
        <Virtualizer
          ref={list}
          scrollRef={scroller}
          shift={isShift}
          itemSize={52}
          bufferSize={isSettled ? BUFFER_PX : OPENING_BUFFER_PX}
          keepMounted={focus.keepMounted}
          onScroll={onScroll}
          onScrollEnd={onScrollEnd}
          onResize={onResize}
        >
          {tiles.map((tile, at) =>
            tile.type === 'intro' ? (
              <div key={tile.key} className={cx('intro')}>
                <p>
                  {conversation.name === t.app.nameless
                    ? t.timeline.introNameless
                    : t.timeline.intro(conversation.name)}
                </p>
                <p>{t.timeline.introHint}</p>
              </div>
            ) : (
              <MessageTileView
                key={tile.key}
                tile={tile}
                names={names}
                now={now}
                isFocusable={focus.activeKey === tile.key}
                isFresh={freshKey === tile.key}
                isLast={at === tiles.length - 1}
                highlightSerial={
                  highlighted?.target.type === 'tile' && highlighted.target.key === tile.key ? highlighted.serial : 0
                }
                hasPopup={popup?.message.id === tile.message.id}
                commands={commands}
                onActive={focus.setActiveKey}
              />
            ),
          )}
        </Virtualizer>
      </div>
      <JumpButton
        isShown={isAwayFromEnd || snapshot.hasAfter}
        unread={conversation.unread}
        onPress={() => timeline.jumpToLatest()}
      />
      <Announcer messages={snapshot.announced} steps={snapshot.steps} names={names} />
      {popup !== undefined && (
        <Suspense fallback={null}>
          <MessagePopups
            popup={popup}
            find={timeline.find}
            names={names}
            conversation={conversation}
            commands={commands}
            canWrite={conversation.status === 'active'}
            onClose={() => setPopup((open) => (open === popup ? undefined : open))}
          />
        </Suspense>
      )}
    </div>
  )
}
