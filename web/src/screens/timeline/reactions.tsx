import type { Message } from '@parley/engine/api'
import { useApp } from '../../app/context.ts'
import { t } from '../../locales/index.ts'
import { classNames } from '../../ui/class-names.ts'
import { useViewModel } from '../../ui/use-view-model.ts'
import type { MessageCommands } from './message-commands.ts'
import type { Names } from './message-tile.tsx'
import styles from './reactions.module.css'

const cx = classNames(styles)

interface ReactionsProps {
  readonly message: Message
  readonly isOwn: boolean
  readonly names: Names
  readonly isFocusable: boolean
  readonly commands: MessageCommands
}

/** Who answered with what; pressing one adds or takes back one's own. */
export function Reactions({ message, isOwn, names, isFocusable, commands }: ReactionsProps) {
  const me = useViewModel(useApp().session.me)?.account
  return (
    <div className={cx('reactions', isOwn && 'own')}>
      {message.reactions.map(({ emoji, accounts }) => {
        const isMine = me !== undefined && accounts.includes(me)
        const who = t.timeline.reactedBy(accounts.map((account) => (account === me ? names.me : names.them)))
        return (
          <button
            key={emoji}
            type="button"
            className={cx('chip')}
            title={who}
            aria-pressed={isMine}
            tabIndex={isFocusable ? 0 : -1}
            onClick={() => commands.toggleReaction(message, emoji)}
          >
            <span>{emoji}</span> <span className="visually-hidden">{who}</span>
            {accounts.length > 1 && (
              <span className={cx('count')} aria-hidden="true">
                {accounts.length}
              </span>
            )}
          </button>
        )
      })}
    </div>
  )
}
