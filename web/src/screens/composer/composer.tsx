import type { Conversation } from '@parley/engine/api'
import { useApp } from '../../app/context.ts'
import { reasonOf } from '../../app/reason.ts'
import { t } from '../../locales/index.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { useMinute } from '../../ui/clock.ts'
import { Icon } from '../../ui/icon.tsx'
import { previewOf, shortName } from '../../ui/preview.ts'
import { useViewModel } from '../../ui/use-view-model.ts'
import { prospectOf, requestPlaceOf } from '../network/waiting.ts'
import type { ComposerMode, ComposerModel, ComposerSnapshot } from './composer-model.ts'
import styles from './composer.module.css'
import { ComposerField } from './composer-field.tsx'

const cx = classNames(styles)

interface ComposerProps {
  readonly composer: ComposerModel
  readonly conversation: Conversation
}

/** Where one writes, or why one cannot. */
export function Composer({ composer, conversation }: ComposerProps) {
  const { status } = conversation
  if (status === 'blocked') return <BlockedNote conversation={conversation} />
  if (status === 'invited') return <InvitedNote conversation={conversation} />
  return <OpenComposer composer={composer} conversation={conversation} />
}

function OpenComposer({ composer, conversation }: ComposerProps) {
  const snapshot = useViewModel(composer)
  const { mode } = snapshot
  return (
    <div className={cx('composer')}>
      {mode.type !== 'new' && <Strip mode={mode} conversation={conversation} composer={composer} />}
      <ComposerField composer={composer} conversation={conversation} />
      <Hints snapshot={snapshot} conversation={conversation} />
    </div>
  )
}

type StripMode = Exclude<ComposerMode, { readonly type: 'new' }>

/** What is being answered or edited. */
function Strip({ mode, conversation, composer }: ComposerProps & { readonly mode: StripMode }) {
  const isTheirs = mode.message.sender === conversation.account
  const title =
    mode.type === 'edit'
      ? t.composer.editing
      : isTheirs
        ? t.composer.replyingTo(conversation.name)
        : t.composer.replyingToSelf
  return (
    <div className={cx('strip')} data-testid="composer-strip">
      <Icon name={mode.type === 'edit' ? 'edit' : 'reply'} size={18} />
      <div className={cx('stripWords')}>
        <span className={cx('stripTitle')}>{title}</span>
        <span className={cx('stripText')} dir="auto">
          {previewOf(mode.message.content)}
        </span>
      </div>
      <IconButton icon="close" label={t.app.cancel} onClick={() => composer.cancel()} />
    </div>
  )
}

/** One line of fixed height, so that nothing moves when a hint comes or goes. */
function Hints({
  snapshot,
  conversation,
}: {
  readonly snapshot: ComposerSnapshot
  readonly conversation: Conversation
}) {
  const { session } = useApp()
  const link = useViewModel(session.link)
  const prospect = prospectOf(conversation, useViewModel(session.network), useMinute())
  const { lettersLeft, problem, text } = snapshot
  const { typing, name } = conversation
  const isWriting = text.trim() !== ''
  return (
    <div className={cx('hints')}>
      <span className={cx('hint')} role="status">
        {problem !== undefined ? (
          <span className={cx('problem')}>{problem}</span>
        ) : link === 'lost' ? (
          t.composer.lost
        ) : typing.length > 0 ? (
          <span className={cx('typing')}>
            {t.timeline.typing([name])}
            <span className={cx('dots')} aria-hidden="true">
              <i />
              <i />
              <i />
            </span>
          </span>
        ) : prospect !== undefined && isWriting ? (
          <span className={cx('away')} title={t.delivery.away[prospect](name)}>
            {t.delivery.away[prospect](shortName(name))}
          </span>
        ) : null}
      </span>
      {lettersLeft !== undefined && (
        <span className={cx(lettersLeft < 0 ? 'problem' : 'hint')} role="status">
          {t.composer.lettersLeft(lettersLeft)}
        </span>
      )}
    </div>
  )
}

/** While there is no answer: whose turn it is, and where the request is meanwhile. */
function InvitedNote({ conversation }: { readonly conversation: Conversation }) {
  const { name } = conversation
  const place = requestPlaceOf(useViewModel(useApp().session.network), conversation)
  return (
    <div className={cx('note', 'invited')} data-testid="invited">
      <Icon name="clock" size={16} />
      <div className={cx('noteWords')} role="status">
        <p>{name === t.app.nameless ? t.composer.invitedNameless : t.composer.invited(name)}</p>
        {place !== undefined && <p>{place}</p>}
      </div>
    </div>
  )
}

function BlockedNote({ conversation }: { readonly conversation: Conversation }) {
  const { session, toasts } = useApp()
  const unblock = () => {
    session.client
      .call('blocks.remove', { account: conversation.account })
      .catch((error: unknown) => toasts.show(reasonOf(error)))
  }
  return (
    <div className={cx('note')}>
      <Icon name="block" size={16} />
      {t.composer.blocked(conversation.name)}
      <Button isSmall onClick={unblock}>
        {t.composer.unblock}
      </Button>
    </div>
  )
}
