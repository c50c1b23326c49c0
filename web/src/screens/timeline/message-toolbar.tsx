import type { MouseEvent } from 'react'
import { t } from '../../locales/index.ts'
import { classNames } from '../../ui/class-names.ts'
import { Icon, type IconName } from '../../ui/icon.tsx'
import type { MessageCommands, Point } from './message-commands.ts'
import styles from './message-toolbar.module.css'
import type { MessageTile } from './tiles.ts'

const cx = classNames(styles)

const below = (event: MouseEvent<HTMLElement>): Point => {
  const box = event.currentTarget.getBoundingClientRect()
  return { x: box.left, y: box.bottom + 4 }
}

/** The nearest actions, beside the message under the pointer. Keyboards have the keys, fingers the long press. */
export function MessageToolbar({ tile, commands }: { readonly tile: MessageTile; readonly commands: MessageCommands }) {
  return (
    <div className={cx('toolbar')} aria-label={t.message.actions} role="group">
      <ToolButton
        icon="smile"
        label={t.message.react}
        onPress={(event) => commands.openReactions(tile, below(event))}
      />
      <ToolButton icon="reply" label={t.message.reply} onPress={() => commands.reply(tile)} />
      <ToolButton icon="more" label={t.message.more} onPress={(event) => commands.openMenu(tile, below(event))} />
    </div>
  )
}

interface ToolButtonProps {
  readonly icon: IconName
  readonly label: string
  readonly onPress: (event: MouseEvent<HTMLElement>) => void
}

function ToolButton({ icon, label, onPress }: ToolButtonProps) {
  return (
    <button type="button" className={cx('tool')} aria-label={label} title={label} tabIndex={-1} onClick={onPress}>
      <Icon name={icon} size={18} />
    </button>
  )
}
