import type { Conversation } from '@parley/engine/api'
import { Suspense, useState } from 'react'
import { useApp } from '../../app/context.ts'
import { afterFrames } from '../../app/environment.ts'
import { reasonOf } from '../../app/reason.ts'
import { t } from '../../locales/index.ts'
import { IconButton } from '../../ui/button.tsx'
import { part } from '../../ui/part.ts'
import { useViewModel } from '../../ui/use-view-model.ts'
import type { Point } from './message-commands.ts'

const ConversationPopups = part(async () => (await import('./conversation-popups.tsx')).ConversationPopups)

/** What is open above the button. */
export type ConversationPopup = { readonly type: 'menu'; readonly at: Point } | { readonly type: 'clear' }

/** What one can do with a conversation as a whole: a button with its menu. */
export function ConversationMenu({ conversation }: { readonly conversation: Conversation }) {
  const { session, preferences, toasts } = useApp()
  const [popup, setPopup] = useState<ConversationPopup>()
  const { id } = conversation
  const isMuted = useViewModel(preferences).muted.includes(id)
  const clear = () => {
    session.client.call('conversations.clear', { conversation: id }).then(
      () => {
        session.timeline(id).clear()
        toasts.show(t.conversation.cleared)
      },
      (error: unknown) => toasts.show(reasonOf(error)),
    )
  }
  return (
    <>
      <IconButton
        icon="more"
        label={t.conversation.menu}
        aria-haspopup="menu"
        aria-expanded={popup?.type === 'menu'}
        onClick={(event) => {
          const { left, bottom } = event.currentTarget.getBoundingClientRect()
          setPopup({ type: 'menu', at: { x: left, y: bottom } })
        }}
      />
      {popup !== undefined && (
        <Suspense fallback={null}>
          <ConversationPopups
            popup={popup}
            name={conversation.name}
            isMuted={isMuted}
            onMute={() => preferences.setMuted(id, !isMuted)}
            onClear={clear}
            onAskClear={() => {
              // The menu gives the focus back first; the question takes it then.
              setPopup(undefined)
              afterFrames(session.environment, 2, () => setPopup({ type: 'clear' }))
            }}
            onClose={() => setPopup((open) => (open === popup ? undefined : open))}
          />
        </Suspense>
      )}
    </>
  )
}
