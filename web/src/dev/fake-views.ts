import type { Contact, Conversation, Message, Waiting } from '@parley/engine/api'
import type { FakeConversation, FakeState } from './fake-state.ts'

/** The name you gave, or else the one they claim. */
export const nameOf = (each: FakeConversation) => (each.givenName === '' ? each.claimedName : each.givenName)
/** What a head shows of somebody's profile. */
const headOf = ({ profiles: [newest] }: FakeConversation) => ({
  handle: newest?.handle ?? '',
  location: newest?.location ?? '',
  ...(newest?.avatar === undefined ? {} : { avatar: newest.avatar }),
})

/** A conversation as the API lists it. */
export const toConversation = (each: FakeConversation, me: string): Conversation => {
  const unread = each.messages.slice(each.readUpTo).filter((message) => message.sender !== me)
  const last = each.messages.at(-1)
  return {
    id: each.id,
    kind: 'direct',
    account: each.account,
    name: nameOf(each),
    ...headOf(each),
    presence: each.presence,
    status: each.status,
    unread: unread.length,
    draft: each.draft,
    updatedAt: each.updatedAt,
    isConnected: each.isConnected,
    ...(each.lastHeardAt === undefined ? {} : { lastHeardAt: each.lastHeardAt }),
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
  ...headOf(each),
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

const ENVELOPE_BYTES = 4_096
const MINUTE_MS = 60_000

const hasNotArrived = ({ state }: Message) => state === 'queued' || state === 'stored'

/** What waits for one account: its messages, and the request of somebody who did not answer. */
const waitingOf = (each: FakeConversation, state: FakeState): Waiting | undefined => {
  const messages = each.messages.filter((message) => message.sender === state.account && hasNotArrived(message))
  const isAsked = each.status === 'invited' && each.claimedName !== ''
  const nodes = state.network.infrastructure.map(({ address }) => address)
  const copies = messages.map((message) => (message.state === 'stored' ? (message.copies?.held ?? 0) : 0))
  if (isAsked) copies.push(nodes.length)
  if (copies.length === 0 || each.status === 'blocked') return undefined
  const holders = nodes.flatMap((address, at) => {
    const envelopes = copies.filter((held) => held > at).length
    const isLost = state.lostHolders.includes(address)
    const checkedAt = state.now() - (isLost ? 260 : 7) * MINUTE_MS
    return envelopes === 0 ? [] : [{ address, envelopes, checkedAt, isLost }]
  })
  return {
    account: each.account,
    name: nameOf(each),
    conversation: each.id,
    messages: messages.length,
    envelopes: copies.length,
    bytes: copies.length * ENVELOPE_BYTES,
    since: Math.min(...messages.map((message) => message.sentAt), ...(isAsked ? [each.updatedAt] : [])),
    onlyHere: state.network.storage === 'dropbox' ? 0 : copies.filter((held) => held === 0).length,
    holders,
  }
}

/** What waits for whom, the oldest first. */
export const toWaiting = (state: FakeState): Waiting[] =>
  state.conversations.flatMap((each) => waitingOf(each, state) ?? []).toSorted((a, b) => a.since - b.since)
