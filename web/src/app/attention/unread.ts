import type { Conversation } from '@parley/engine/api'

/** Whether what is unread there counts in the total: of who is blocked or muted it does not. */
const counts = ({ id, status }: Conversation, muted: readonly string[]): boolean =>
  status !== 'blocked' && !muted.includes(id)

/** What is unread in all conversations together, for the title, the icons and the rail. Never below zero. */
export const unreadTotal = (conversations: readonly Conversation[], muted: readonly string[]): number =>
  conversations.reduce((sum, each) => sum + (counts(each, muted) ? Math.max(0, each.unread) : 0), 0)
