import { Menu, MenuItem, Separator } from 'react-aria-components/Menu'
import { t } from '../../locales/index.ts'
import { classNames } from '../../ui/class-names.ts'
import { Icon, type IconName } from '../../ui/icon.tsx'
import type { MessageCommands, MessagePopup } from './message-commands.ts'
import styles from './message-menu.module.css'

const cx = classNames(styles)

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
    // A menu that opens takes the focus: its keys are why it was opened.
    // oxlint-disable-next-line jsx-a11y/no-autofocus
    <Menu className={cx('menu')} aria-label={t.message.actions} autoFocus="first">
      {message.state === 'failed' && isOwn && (
        <Item icon="refresh" label={t.message.retry} onAction={() => onAction(() => commands.retry(message))} />
      )}
      {canWrite && (
        <Item icon="reply" label={t.message.reply} onAction={() => onAction(() => commands.startReply(message))} />
      )}
      {isText && <Item icon="copy" label={t.message.copy} onAction={() => onAction(() => commands.copy(message))} />}
      {isMineToChange && (
        <Item icon="edit" label={t.message.edit} onAction={() => onAction(() => commands.startEdit(message))} />
      )}
      {isOwn && (
        <Item
          icon="info"
          label={t.delivery.details.action}
          onAction={() => onAction(() => commands.show({ type: 'details', message }))}
        />
      )}
      {isOwn && <Separator className={cx('line')} />}
      {isOwn && (
        <Item
          icon="trash"
          label={t.message.delete}
          isDanger
          onAction={() => onAction(() => commands.show({ type: 'delete', message }))}
        />
      )}
    </Menu>
  )
}

interface ItemProps {
  readonly icon: IconName
  readonly label: string
  readonly isDanger?: boolean
  readonly onAction: () => void
}

function Item({ icon, label, isDanger = false, onAction }: ItemProps) {
  return (
    <MenuItem className={cx('item', isDanger && 'danger')} textValue={label} onAction={onAction}>
      <Icon name={icon} size={18} />
      {label}
    </MenuItem>
  )
}
