import type { Message, Params } from '@parley/engine/api'
import type { FakeState } from './fake-state.ts'

/** Whether a message is about exactly this; empty: about nothing in particular. */
export const isAbout = (message: Message, subject: string): boolean => (message.subject ?? '') === subject

/** Conversations as far as they are about one subject. */
export const discussionHandlers = ({ conversations, account }: FakeState) => ({
  'discussions.list': ({ subject }: Params<'discussions.list'>) =>
    conversations
      .flatMap((each) => {
        const about = each.messages.filter((message) => isAbout(message, subject))
        const lastMessage = about.at(-1)
        const unread = each.messages.slice(each.readUpTo).filter((message) => message.sender !== account)
        return lastMessage === undefined
          ? []
          : [
              {
                conversation: each.id,
                account: each.account,
                lastMessage,
                unread: unread.filter((message) => isAbout(message, subject)).length,
              },
            ]
      })
      .toSorted((a, b) => b.lastMessage.sentAt - a.lastMessage.sentAt),
  'discussions.page': ({ subject, limit = 50, before }: Params<'discussions.page'>) => {
    const all = conversations
      .flatMap(({ messages }) => messages.filter((message) => isAbout(message, subject)))
      .toSorted((a, b) => b.sentAt - a.sentAt)
    const start = before === undefined ? 0 : all.findIndex(({ id }) => id === before) + 1
    return { messages: all.slice(start, start + limit), hasBefore: start + limit < all.length }
  },
})
