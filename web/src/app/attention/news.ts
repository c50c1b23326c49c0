import type { Conversation } from '@parley/engine/api'

/** How a conversation stood when it was last looked at. */
interface Standing {
  readonly unread: number
  readonly order: string
  readonly isBlocked: boolean
}

/** Notices what arrives, from one state of the list to the next. */
export interface NewsWatch {
  /** The conversations in which something arrived since the last call that nobody has read yet; none at first. */
  take(conversations: readonly Conversation[], me: string): readonly Conversation[]
}

/** The newest message, when it is somebody else's and unread. */
export const unreadLast = ({ lastMessage, unread }: Conversation, me: string) =>
  unread > 0 && lastMessage !== undefined && lastMessage.sender !== me ? lastMessage : undefined

const standingOf = ({ unread, lastMessage, status }: Conversation): Standing => ({
  unread,
  order: lastMessage?.order ?? '',
  isBlocked: status === 'blocked',
})

const isNews = (before: Standing | undefined, now: Conversation, me: string): boolean => {
  if (now.status === 'blocked' || now.unread <= 0) return false
  if (before === undefined) return true
  // What was said while they were blocked is not told afterwards.
  if (before.isBlocked) return false
  if (now.unread > before.unread) return true
  // As many as before, and yet one more: an earlier one was read meanwhile.
  return (unreadLast(now, me)?.order ?? '') > before.order
}

/**
 * Compares the list with the list before. What was read meanwhile, here or elsewhere, and what arrived while the link
 * was lost, need no care of their own: the list says it.
 */
export const createNewsWatch = (): NewsWatch => {
  let standings: ReadonlyMap<string, Standing> | undefined
  return {
    take: (conversations, me) => {
      const before = standings
      standings = new Map(conversations.map((each) => [each.id, standingOf(each)]))
      if (before === undefined) return []
      return conversations.filter((each) => isNews(before.get(each.id), each, me))
    },
  }
}
