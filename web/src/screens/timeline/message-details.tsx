import type { Conversation, Message } from '@parley/engine/api'
import type { ReactNode } from 'react'
import { useApp } from '../../app/context.ts'
import { t } from '../../locales/index.ts'
import { Button } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { MessageStateIcon } from '../../ui/message-state.tsx'
import { statusOf } from '../../ui/message-status.ts'
import { previewOf } from '../../ui/preview.ts'
import { Sheet } from '../../ui/sheet.tsx'
import { fullTime } from '../../ui/time.ts'
import styles from './message-details.module.css'
import type { Names } from './message-tile.tsx'

const cx = classNames(styles)

interface MessageDetailsProps {
  readonly message: Message
  readonly names: Names
  readonly conversation: Conversation
  readonly onClose: () => void
}

/** How far a message of one's own got, and which machines have it. */
export function MessageDetails({ message, names, conversation, onClose }: MessageDetailsProps) {
  const { navigation } = useApp()
  const status = statusOf(message, { name: conversation.name, storage: names.storage })
  const isUnderway = message.state === 'queued' || message.state === 'stored'
  return (
    <Sheet title={t.delivery.details.title} onClose={onClose}>
      <p className={cx('text')} dir="auto">
        {previewOf(message.content)}
      </p>
      <dl className={cx('facts')}>
        <Fact name={t.delivery.details.written}>{fullTime(message.sentAt)}</Fact>
        <Fact name={t.delivery.details.state}>
          <span className={cx('state')}>
            <MessageStateIcon state={message.state} />
            {t.delivery.words[message.state]}
          </span>
          <p>{status.sentence}</p>
        </Fact>
        <Fact name={t.delivery.details.where}>{status.where}</Fact>
      </dl>
      {isUnderway && (
        <Button
          icon="network"
          onClick={() => {
            onClose()
            navigation.openSheet('network')
          }}
        >
          {t.delivery.details.waiting}
        </Button>
      )}
    </Sheet>
  )
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className={cx('fact')}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
