import { t } from '../../locales/index.ts'
import { classNames } from '../../ui/class-names.ts'
import { Icon } from '../../ui/icon.tsx'
import { MessageStateIcon } from '../../ui/message-state.tsx'
import { clockTime, fullTime } from '../../ui/time.ts'
import type { MessageCommands } from './message-commands.ts'
import styles from './message-meta.module.css'
import type { MessageTile } from './tiles.ts'

const cx = classNames(styles)

interface MessageMetaProps {
  readonly tile: MessageTile
  readonly commands: MessageCommands
}

/** The line below a group: when, and how far one's own message got. */
export function MessageMeta({ tile, commands }: MessageMetaProps) {
  const { message, isEcho, showsState } = tile
  const { state, sentAt, isClockSkewed, failure } = message
  if (showsState && state === 'failed') {
    return (
      <div className={cx('meta', 'failed')}>
        <MessageStateIcon state={state} isDecoration />
        <span>{failure === undefined ? t.timeline.states.failed : t.timeline.failed(failure)}</span>
        <button type="button" className={cx('action')} onClick={() => commands.retry(message)}>
          {t.timeline.retry}
        </button>
        {isEcho && (
          <button type="button" className={cx('action')} onClick={() => commands.discard(message)}>
            {t.timeline.discard}
          </button>
        )}
      </div>
    )
  }
  return (
    <div className={cx('meta')} aria-hidden="true">
      <time dateTime={new Date(sentAt).toISOString()} title={fullTime(sentAt)}>
        {clockTime(sentAt)}
      </time>
      {isClockSkewed && (
        <span className={cx('skewed')} title={t.timeline.skewedHint}>
          <Icon name="clock" size={14} />
          {t.timeline.skewed}
        </span>
      )}
      {showsState && (
        <span className={cx('state')} title={t.timeline.stateHints[state]}>
          <MessageStateIcon state={state} isDecoration />
          {t.timeline.states[state]}
        </span>
      )}
    </div>
  )
}
