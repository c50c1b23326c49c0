import { useEffect } from 'react'
import { t } from '../locales/index.ts'
import { useViewModel } from '../ui/use-view-model.ts'
import { unreadTotal } from './attention/unread.ts'
import { useApp } from './context.ts'

/** Keeps the document's title and icon in step with what is unread. */
export const useTitleBadge = (): void => {
  const { session, navigation, preferences } = useApp()
  const { place } = useViewModel(navigation)
  const conversations = useViewModel(session.conversations) ?? []
  const { muted } = useViewModel(preferences)
  const unread = unreadTotal(conversations, muted)
  const open = place.type === 'conversation' ? session.conversation(place.conversation)?.name : undefined
  useEffect(() => {
    document.title = t.app.title(unread, open)
  }, [unread, open])
  const isUnread = unread > 0
  useEffect(() => {
    const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]')
    // A number would not be legible at this size; a drawn image would need a data: URL, which the policy refuses.
    if (link !== null) link.href = isUnread ? '/favicon-unread.svg' : '/favicon.svg'
  }, [isUnread])
}
