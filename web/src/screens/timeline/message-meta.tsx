import { t } from '../../locales/index.ts'
import { classNames } from '../../ui/class-names.ts'
import { Icon } from '../../ui/icon.tsx'
import { MessageStateIcon } from '../../ui/message-state.tsx'
import { statusOf } from '../../ui/message-status.ts'
import { clockTime, fullTime } from '../../ui/time.ts'
import type { MessageCommands } from './message-commands.ts'
import type { Names } from './message-tile.tsx'
import styles from './message-meta.module.css'
import type { MessageTile } from './tiles.ts'

const cx = classNames(styles)

interface MessageMetaProps {
  readonly tile: MessageTile
  readonly names: Names
  readonly commands: MessageCommands
}

/** The line below a group: when, and how far one's own message got. */
export function MessageMeta({ tile, names, commands }: MessageMetaProps) {
  const { message, isEcho, showsState } = tile
  const { state, sentAt, isClockSkewed, failure } = message
  const status = statusOf(message, { name: names.them, storage: names.storage })
  if (showsState && state === 'failed') {
    return (
      <div className={cx('meta', 'failed')}>
        <span className={cx('reason')}>
          <MessageStateIcon state={state} />
          <span>{failure === 'expired' ? status.sentence : status.label}</span>
        </span>
        <button type="button" className={cx('action')} onClick={() => commands.retry(message)}>
          {failure === 'expired' ? t.app.retry : t.timeline.retry}
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
        <span className={cx('state')} title={status.sentence}>
          <MessageStateIcon state={state} />
          {status.word}
        </span>
      )}
    </div>
  )
}
