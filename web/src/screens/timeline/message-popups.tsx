import type { Conversation, Message } from '@parley/engine/api'
import { Suspense } from 'react'
import { useApp } from '../../app/context.ts'
import { afterFrames } from '../../app/environment.ts'
import { t } from '../../locales/index.ts'
import { Confirm } from '../../ui/confirm.tsx'
import { Popup } from '../../ui/popup.tsx'
import type { MessageCommands, MessagePopup } from './message-commands.ts'
import { MessageMenu } from './message-menu.tsx'
import type { Names } from './message-tile.tsx'
import { QuickReactions } from './quick-reactions.tsx'
import { part } from '../../ui/part.ts'

const MessageDetails = part(async () => (await import('./message-details.tsx')).MessageDetails)
const EmojiPicker = part(async () => (await import('../../ui/emoji/emoji-picker.tsx')).EmojiPicker)

interface MessagePopupsProps {
  readonly popup: MessagePopup
  /** The message as it is now. */
  readonly find: (message: string) => Message | undefined
  readonly names: Names
  readonly conversation: Conversation
  readonly commands: MessageCommands
  readonly canWrite: boolean
  readonly onClose: () => void
}

/** Whatever is open above a message. */
export function MessagePopups(props: MessagePopupsProps) {
  const { popup, find, names, conversation, commands, canWrite, onClose } = props
  const { environment } = useApp().session
  const { message } = popup
  /** Closes first: what closes gives the focus back, and the command may want it elsewhere. */
  const afterClosing = (run: () => void) => {
    onClose()
    afterFrames(environment, 2, run)
  }
  if (popup.type === 'delete') {
    return (
      <Confirm
        title={t.message.deleteTitle}
        text={t.message.deleteLead}
        confirmLabel={t.message.deleteConfirm}
        onConfirm={() => commands.delete(message)}
        onClose={onClose}
      />
    )
  }
  if (popup.type === 'hide') {
    return (
      <Confirm
        title={t.message.hideTitle}
        text={t.message.hideLead(conversation.name, popup.isOwn)}
        confirmLabel={t.message.hideConfirm}
        onConfirm={() => commands.hide(message)}
        onClose={onClose}
      />
    )
  }
  if (popup.type === 'details') {
    const current = find(message.id) ?? message
    return (
      <Suspense fallback={null}>
        <MessageDetails message={current} names={names} conversation={conversation} onClose={onClose} />
      </Suspense>
    )
  }
  const react = (emoji: string) => afterClosing(() => commands.toggleReaction(message, emoji))
  if (popup.type === 'menu') {
    return (
      <Popup label={t.message.actions} at={popup.at} onClose={onClose}>
        {canWrite && (
          <QuickReactions onPick={react} onMore={() => commands.show({ type: 'emoji', message, at: popup.at })} />
        )}
        <MessageMenu popup={popup} commands={commands} canWrite={canWrite} onAction={afterClosing} />
      </Popup>
    )
  }
  if (popup.type === 'reactions') {
    return (
      <Popup label={t.message.react} at={popup.at} onClose={onClose}>
        <QuickReactions onPick={react} onMore={() => commands.show({ type: 'emoji', message, at: popup.at })} isFirst />
      </Popup>
    )
  }
  return (
    <Popup label={t.emoji.label} at={popup.at} onClose={onClose}>
      <Suspense fallback={null}>
        <EmojiPicker onPick={react} />
      </Suspense>
    </Popup>
  )
}
