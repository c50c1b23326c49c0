import type { Contact, Conversation } from '@parley/engine/api'
import type { FakeConversation } from './fake-state.ts'

/** The name you gave, or else the one they claim. */
export const nameOf = (each: FakeConversation) => (each.givenName === '' ? each.claimedName : each.givenName)
/** A conversation as the API lists it. */
export const toConversation = (each: FakeConversation, me: string): Conversation => {
  const unread = each.messages.slice(each.readUpTo).filter((message) => message.sender !== me)
  const last = each.messages.at(-1)
  return {
    id: each.id,
    kind: 'direct',
    account: each.account,
    name: nameOf(each),
    status: each.status,
    unread: unread.length,
    draft: each.draft,
    updatedAt: each.updatedAt,
    isConnected: each.isConnected,
    lastHeardAt: each.lastHeardAt,
    typing: each.typing ? [each.account] : [],
    ...(last === undefined ? {} : { lastMessage: last }),
    ...(unread[0] === undefined ? {} : { firstUnread: unread[0].id }),
  }
}
/** A contact as the API lists it. */
export const toContact = (each: FakeConversation, now: number): Contact => ({
  account: each.account,
  name: nameOf(each),
  claimedName: each.claimedName,
  conversation: each.id,
  status: each.status,
  isVerified: each.isVerified,
  devices: [
    {
      peerId: `12D3KooW${each.id.slice(0, 36)}`,
      addedAt: now - 30 * 86_400_000,
      isConnected: each.isConnected,
    },
  ],
})
