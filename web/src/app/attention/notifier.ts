import type { Conversation } from '@parley/engine/api'
import { t } from '../../locales/index.ts'
import { previewOf } from '../../ui/preview.ts'
import type { NotificationShow } from '../preferences.ts'
import { unreadLast } from './news.ts'
import type { Desktop } from './desktop.ts'

/** After a note, others of the same conversation take its place for this long without being shown off anew. */
const AGAIN_AFTER_MS = 10_000

/** The notes that stand on the desktop, at most one a conversation. */
export interface Notifier {
  show(conversation: Conversation, me: string, how: NotificationShow): void
  /** Takes away what was read, here or elsewhere, and what must not be seen any more. */
  follow(conversations: readonly Conversation[]): void
  closeAll(): void
}

interface NotifierPorts {
  readonly desktop: Desktop
  now(): number
  /** To the message, in its conversation. */
  open(conversation: string, message: string | undefined): void
}

interface Standing {
  readonly message: string | undefined
  readonly close: () => void
}

/** Title and body. Names stand isolated, so that their direction does not reach the words around them. */
export const wordsOf = (
  conversation: Conversation,
  me: string,
  how: NotificationShow,
): { readonly title: string; readonly body: string } => {
  const { name, unread } = conversation
  if (how === 'nothing') return { title: t.app.name, body: t.attention.arrived(1) }
  const last = unreadLast(conversation, me)
  if (how === 'name' || last === undefined)
    return { title: t.attention.title(name, 1), body: t.attention.arrived(unread) }
  return { title: t.attention.title(name, unread), body: previewOf(last.content) }
}

export const createNotifier = ({ desktop, now, open }: NotifierPorts): Notifier => {
  const standing = new Map<string, Standing>()
  const shownAt = new Map<string, number>()
  const close = (id: string) => {
    const note = standing.get(id)
    standing.delete(id)
    note?.close()
  }
  return {
    show: (conversation, me, how) => {
      const { id } = conversation
      const message = unreadLast(conversation, me)?.id
      // The same message may be noticed twice; it is told once.
      if (message !== undefined && standing.get(id)?.message === message) return
      const isAgain = now() - (shownAt.get(id) ?? 0) >= AGAIN_AFTER_MS
      const taken = desktop.show({
        tag: `parley/${id}`,
        ...wordsOf(conversation, me, how),
        isAgain,
        onClick: () => open(id, message),
        onClose: () => {
          // One that was replaced goes after its successor came.
          if (standing.get(id)?.message === message) standing.delete(id)
        },
      })
      if (taken === undefined) return
      standing.set(id, { message, close: taken })
      if (isAgain) shownAt.set(id, now())
    },
    follow: (conversations) => {
      for (const [id, { message }] of [...standing]) {
        const each = conversations.find((one) => one.id === id)
        const isOver = each === undefined || each.unread === 0 || each.status === 'blocked'
        const isTakenBack = each?.lastMessage?.id === message && each?.lastMessage?.content.type === 'deleted'
        if (isOver || isTakenBack) close(id)
      }
    },
    closeAll: () => {
      for (const id of [...standing.keys()]) close(id)
    },
  }
}
