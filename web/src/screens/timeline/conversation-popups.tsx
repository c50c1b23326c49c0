import { t } from '../../locales/index.ts'
import { Confirm } from '../../ui/confirm.tsx'
import { Action, ActionMenu } from '../../ui/menu.tsx'
import { Popup } from '../../ui/popup.tsx'
import type { ConversationPopup } from './conversation-menu.tsx'

interface ConversationPopupsProps {
  readonly popup: ConversationPopup
  readonly name: string
  readonly isMuted: boolean
  readonly onMute: () => void
  readonly onClear: () => void
  readonly onAskClear: () => void
  readonly onClose: () => void
}

/** The menu of a conversation, and the second thought before everything in it is removed here. */
export function ConversationPopups(props: ConversationPopupsProps) {
  const { popup, name, isMuted, onMute, onClear, onAskClear, onClose } = props
  if (popup.type === 'clear') {
    return (
      <Confirm
        title={t.conversation.clearTitle}
        text={t.conversation.clearLead(name)}
        confirmLabel={t.conversation.clearConfirm}
        onConfirm={onClear}
        onClose={onClose}
      />
    )
  }
  return (
    <Popup label={t.conversation.menu} at={popup.at} placement="bottom end" onClose={onClose}>
      <ActionMenu label={t.conversation.menu}>
        <Action
          icon={isMuted ? 'bell' : 'bell-off'}
          label={isMuted ? t.notifications.unmute : t.notifications.mute}
          onAction={() => {
            onMute()
            onClose()
          }}
        />
        <Action icon="trash" label={t.conversation.clear} isDanger onAction={onAskClear} />
      </ActionMenu>
    </Popup>
  )
}
