import type { Conversation } from '@parley/engine/api'
import { useEffect } from 'react'
import { useApp } from '../../app/context.ts'
import { t } from '../../locales/index.ts'
import { Handle, Place } from '../../ui/avatar-facts.tsx'
import { Avatar } from '../../ui/avatar.tsx'
import { IconButton } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { useMinute } from '../../ui/clock.ts'
import { Icon } from '../../ui/icon.tsx'
import { useViewModel } from '../../ui/use-view-model.ts'
import { ConversationMenu } from './conversation-menu.tsx'
import { headerLineOf } from './conversation-header-model.ts'
import styles from './conversation-header.module.css'

const cx = classNames(styles)

/** Who this is, and how they are reached. */
export function ConversationHeader({ conversation }: { readonly conversation: Conversation }) {
  const { session, navigation, preferences } = useApp()
  const { place } = useViewModel(navigation)
  const isMuted = useViewModel(preferences).muted.includes(conversation.id)
  const contact = useViewModel(session.contacts)?.find((each) => each.account === conversation.account)
  const { account, name, avatar, presence, status } = conversation
  useEffect(() => {
    session.profiles.see('conversation', status === 'active' ? [account] : [])
    return () => session.profiles.see('conversation', [])
  }, [session, account, status])
  const isDetailsOpen = place.type === 'conversation' && place.isDetailsOpen
  const toggleDetails = () => navigation.setDetailsOpen(!isDetailsOpen)
  return (
    <header className={cx('header')}>
      <span className={cx('back')}>
        <IconButton icon="back" label={t.app.back} onClick={() => navigation.goHome()} />
      </span>
      <button type="button" className={cx('who')} onClick={toggleDetails}>
        <Avatar account={account} name={name} size="small" picture={avatar} presence={presence.status} />
        <span className={cx('words')}>
          <span className={cx('name')} role="heading" aria-level={2}>
            <bdi>{name}</bdi>
            {contact?.isVerified === true && (
              <span className={cx('verified')} title={t.header.verified}>
                <Icon name="verified" size={16} />
                <span className="visually-hidden">{t.header.verified}</span>
              </span>
            )}
            {isMuted && (
              <span className={cx('muted')} title={t.notifications.isMuted}>
                <Icon name="bell-off" size={14} />
                <span className="visually-hidden">{t.notifications.isMuted}</span>
              </span>
            )}
          </span>
          <StatusLine conversation={conversation} />
        </span>
      </button>
      <IconButton icon="info" label={t.header.details} aria-pressed={isDetailsOpen} onClick={toggleDetails} />
      <ConversationMenu conversation={conversation} />
    </header>
  )
}

function StatusLine({ conversation }: { readonly conversation: Conversation }) {
  const { session } = useApp()
  const network = useViewModel(session.network)
  const link = useViewModel(session.link)
  const now = useMinute()
  const { status, isTyping, path } = headerLineOf(conversation, { network, link, now })
  return (
    <span className={cx('status')}>
      <span className={cx(isTyping && 'typing')}>{status}</span>
      <Handle handle={conversation.handle} />
      <Place location={conversation.location} />
      {path !== undefined && <span>{path}</span>}
    </span>
  )
}
