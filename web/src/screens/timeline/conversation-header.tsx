import type { Conversation } from '@parley/engine/api'
import { useApp } from '../../app/context.ts'
import { t } from '../../locales/index.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { IconButton } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { useMinute } from '../../ui/clock.ts'
import { Icon } from '../../ui/icon.tsx'
import { timeAgo } from '../../ui/time.ts'
import { useViewModel } from '../../ui/use-view-model.ts'
import styles from './conversation-header.module.css'

const cx = classNames(styles)

/** Who this is, and how they are reached. */
export function ConversationHeader({ conversation }: { readonly conversation: Conversation }) {
  const { session, navigation } = useApp()
  const { place } = useViewModel(navigation)
  const contact = useViewModel(session.contacts)?.find((each) => each.account === conversation.account)
  const isDetailsOpen = place.type === 'conversation' && place.isDetailsOpen
  const toggleDetails = () => navigation.setDetailsOpen(!isDetailsOpen)
  return (
    <header className={cx('header')}>
      <span className={cx('back')}>
        <IconButton icon="back" label={t.app.back} onClick={() => navigation.goHome()} />
      </span>
      <button type="button" className={cx('who')} onClick={toggleDetails}>
        <Avatar account={conversation.account} name={conversation.name} size="small" />
        <span className={cx('words')}>
          <span className={cx('name')} role="heading" aria-level={2}>
            <bdi>{conversation.name}</bdi>
            {contact?.isVerified === true && (
              <span className={cx('verified')} title={t.header.verified}>
                <Icon name="verified" size={16} />
                <span className="visually-hidden">{t.header.verified}</span>
              </span>
            )}
          </span>
          <span className={cx('status')}>
            <StatusLine conversation={conversation} />
          </span>
        </span>
      </button>
      <IconButton icon="info" label={t.header.details} aria-pressed={isDetailsOpen} onClick={toggleDetails} />
    </header>
  )
}

function StatusLine({ conversation }: { readonly conversation: Conversation }) {
  const { session } = useApp()
  const network = useViewModel(session.network)
  const link = useViewModel(session.link)
  const now = useMinute()
  const { status, typing, isConnected, lastHeardAt, account } = conversation
  if (status === 'blocked') return t.header.blocked
  if (status === 'invited') return t.header.invited
  if (typing.length > 0) return <span className={cx('typing')}>{t.header.typing}</span>
  if (link === 'lost') return t.header.neverHeard
  if (isConnected) {
    const path = network?.peers.find((peer) => peer.account === account)?.path
    if (path === undefined) return t.header.connectedPlain
    return path === 'direct' ? t.header.connected : t.header.relayed
  }
  return lastHeardAt === undefined ? t.header.neverHeard : t.header.heard(timeAgo(lastHeardAt, now))
}
