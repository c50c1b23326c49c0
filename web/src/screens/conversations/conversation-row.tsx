import type { Conversation, Network } from '@parley/engine/api'
import { memo, type MouseEvent } from 'react'
import type { Navigation } from '../../app/navigation.ts'
import { conversationPath } from '../../app/routes.ts'
import { t } from '../../locales/index.ts'
import { Handle, Place } from '../../ui/avatar-facts.tsx'
import { presenceWord } from '../../ui/avatar-model.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { classNames } from '../../ui/class-names.ts'
import { Icon } from '../../ui/icon.tsx'
import { MessageStateIcon } from '../../ui/message-state.tsx'
import { statusOf } from '../../ui/message-status.ts'
import { listTime } from '../../ui/time.ts'
import styles from './conversation-list.module.css'
import { lineOf } from './list-model.ts'

const cx = classNames(styles)

interface ConversationRowProps {
  readonly conversation: Conversation
  readonly me: string
  readonly now: number
  readonly isOpen: boolean
  readonly isMuted: boolean
  /** The own place for what waits, when there is one. */
  readonly storage: Network['storage']
  readonly navigation: Navigation
}

const isPlainClick = (event: MouseEvent) =>
  event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey

export const ConversationRow = memo(function ConversationRow(props: ConversationRowProps) {
  const { conversation, me, now, isOpen, isMuted, storage, navigation } = props
  const { id, account, name, lastMessage, unread, updatedAt, presence, status } = conversation
  const { avatar, handle, location } = conversation
  const word = presenceWord(presence, now)
  const line = lineOf(conversation, me, isOpen)
  const isUnread = unread > 0 && status !== 'blocked'
  const isOwn = lastMessage?.sender === me && lastMessage.content.type !== 'deleted'
  return (
    <a
      href={conversationPath(id)}
      className={cx('row', isOpen && 'open', isUnread && 'unread')}
      aria-current={isOpen ? 'page' : undefined}
      data-testid="conversation"
      data-conversation={id}
      draggable={false}
      onClick={(event) => {
        if (!isPlainClick(event)) return
        event.preventDefault()
        navigation.openConversation(id)
      }}
    >
      <Avatar account={account} name={name} picture={avatar} presence={presence.status} />
      <span className={cx('name')}>
        <bdi>{name}</bdi>
        {word !== undefined && <span className="visually-hidden">{word}</span>}
        <Handle handle={handle} className={cx('fact')} />
        <Place location={location} className={cx('fact')} />
      </span>
      <span className={cx('time')}>
        {isOwn && line.showsState && (
          <MessageStateIcon state={lastMessage.state} label={statusOf(lastMessage, { name, storage }).label} />
        )}
        {isMuted && (
          <span className={cx('muted')} title={t.notifications.isMuted}>
            <Icon name="bell-off" size={14} />
            <span className="visually-hidden">{t.notifications.isMuted}</span>
          </span>
        )}
        {listTime(lastMessage?.sentAt ?? updatedAt, now)}
      </span>
      <span className={cx('line', line.tone)} dir="auto">
        {line.prefix !== undefined && (
          <span className={cx(line.prefix.tone === 'danger' ? 'draft' : 'you')}>{line.prefix.text} </span>
        )}
        {line.text}
      </span>
      {isUnread && (
        <span className={cx('badge', isMuted && 'quiet')}>
          <span aria-hidden="true">{unread > 999 ? '999+' : unread}</span>
          <span className="visually-hidden">{t.list.unread(unread)}</span>
        </span>
      )}
    </a>
  )
})
