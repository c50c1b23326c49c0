import { t } from '../../locales/index.ts'
import { Action, ActionLine, ActionMenu } from '../../ui/menu.tsx'
import type { MessageCommands, MessagePopup } from './message-commands.ts'

interface MessageMenuProps {
  readonly popup: Extract<MessagePopup, { readonly type: 'menu' }>
  readonly commands: MessageCommands
  readonly canWrite: boolean
  /** Closes the menu, then runs. */
  readonly onAction: (run: () => void) => void
}

/** Everything that can be done to a message, by name. */
export function MessageMenu({ popup, commands, canWrite, onAction }: MessageMenuProps) {
  const { message, isOwn } = popup
  const isText = message.content.type === 'text'
  const isMineToChange = isOwn && canWrite && isText
  return (
    <ActionMenu label={t.message.actions}>
      {message.state === 'failed' && isOwn && (
        <Action icon="refresh" label={t.message.retry} onAction={() => onAction(() => commands.retry(message))} />
      )}
      {canWrite && (
        <Action icon="reply" label={t.message.reply} onAction={() => onAction(() => commands.startReply(message))} />
      )}
      {isText && <Action icon="copy" label={t.message.copy} onAction={() => onAction(() => commands.copy(message))} />}
      {isMineToChange && (
        <Action icon="edit" label={t.message.edit} onAction={() => onAction(() => commands.startEdit(message))} />
      )}
      {isOwn && (
        <Action
          icon="info"
          label={t.delivery.details.action}
          onAction={() => onAction(() => commands.show({ type: 'details', message }))}
        />
      )}
      {(canWrite || isText || isOwn) && <ActionLine />}
      <Action
        icon="remove"
        label={t.message.hide}
        isDanger
        onAction={() => onAction(() => commands.show({ type: 'hide', message, isOwn }))}
      />
      {isOwn && (
        <Action
          icon="trash"
          label={t.message.delete}
          isDanger
          onAction={() => onAction(() => commands.show({ type: 'delete', message }))}
        />
      )}
    </ActionMenu>
  )
}
