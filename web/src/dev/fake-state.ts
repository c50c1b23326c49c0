import {
  EngineError,
  type ContactRequest,
  type Conversation,
  type Invite,
  type InvitePreview,
  type Me,
  type Message,
  type Presence,
  type Profile,
  type PushNodeTest,
} from '@parley/engine/api'
import { createFakeProfiles, type FakeProfiles } from './fake-profiles.ts'
import { accountOf, conversationIdOf, messageIdOf } from './fake-ids.ts'
import { fakeNetwork, type FakeNetwork } from './fake-network.ts'

/** A conversation with its whole history, newest last. */
export interface FakeConversation {
  readonly id: string
  readonly account: string
  claimedName: string
  givenName: string
  status: Conversation['status']
  messages: Message[]
  /** Messages from here on are unread. */
  readUpTo: number
  draft: string
  isConnected: boolean
  lastHeardAt: number | undefined
  isVerified: boolean
  typing: boolean
  updatedAt: number
  presence: Presence
  /** What they say about themselves, the newest first; empty while none came. Its name is not used: `claimedName` is. */
  profiles: readonly Profile[]
}

export interface WorldListener {
  changed(): void
  messages(conversation: string, messages: readonly Message[]): void
  profiles?(profiles: readonly Profile[]): void
  typing?(conversation: string, account: string, subject: string): void
}

/** What a pretend node knows, and how it changes. */
export interface FakeState {
  readonly account: string
  readonly me: { current: Me }
  readonly conversations: FakeConversation[]
  readonly requests: ContactRequest[]
  network: FakeNetwork
  /** Push nodes that answer when they are tried, by address. */
  readonly pushNodes: Map<string, PushNodeTest>
  /** What invites of others say, by link. */
  readonly previews: Map<string, InvitePreview>
  /** Addresses of push nodes that do not prove what they claim to hold. */
  lostHolders: readonly string[]
  invites: readonly Invite[]
  passphrase: string | undefined
  readonly profiles: FakeProfiles
  /** Values that applications keep. */
  readonly appValues: Map<string, string>
  now(): number
  addConversation(name: string, fields?: Partial<FakeConversation>): FakeConversation
  addMessage(to: FakeConversation, from: 'me' | 'them', text: string, fields?: Partial<Message>): Message
  change(to: FakeConversation, id: string, fields: Partial<Message>): Message
  touch(): void
  /** Newer profiles came in. */
  tellProfiles(profiles: readonly Profile[]): void
  /** Somebody types now. */
  tellTyping(to: FakeConversation, subject?: string): void
  listen(listener: WorldListener): () => void
}

const newMe = (account: string, now: number): Me => ({
  account,
  peerId: '12D3KooWQ8fake00000000000000000000000000000000000000',
  name: 'Robin',
  addresses: ['/ip4/192.0.2.7/tcp/4001'],
  settings: { sendsTyping: true, sendsReadReceipts: true, presence: 'nobody' },
  hasPassphrase: false,
  isRecoveryPhraseConfirmed: false,
  createdAt: now - 40 * 86_400_000,
})

const newConversation = (name: string, now: number): FakeConversation => ({
  id: conversationIdOf(name),
  account: accountOf(name),
  claimedName: name,
  givenName: '',
  status: 'active',
  messages: [],
  readUpTo: 0,
  draft: '',
  isConnected: false,
  lastHeardAt: now - 3_600_000,
  isVerified: false,
  typing: false,
  updatedAt: now,
  presence: { status: 'hidden' },
  profiles: [],
})

const newMessage = (
  count: number,
  to: FakeConversation,
  sentAt: number,
): Omit<Message, 'sender' | 'content' | 'state'> => {
  const previous = to.messages.at(-1)
  return {
    id: messageIdOf(count),
    conversation: to.id,
    sentAt,
    parents: previous === undefined ? [] : [previous.id],
    order: `${String(sentAt).padStart(15, '0')}-${String(count).padStart(8, '0')}`,
    reactions: [],
    hasGapBefore: false,
    isClockSkewed: false,
  }
}

/** Where a message stands in its conversation. @throws EngineError `MESSAGE_NOT_FOUND`. */
export const messageAt = (conversation: FakeConversation, id: string): number => {
  const at = conversation.messages.findIndex((message) => message.id === id)
  if (at < 0) throw new EngineError('MESSAGE_NOT_FOUND')
  return at
}

export const createFakeState = (now: () => number): FakeState => {
  const listeners = new Set<WorldListener>()
  const account = accountOf('me')
  let count = 0
  const touch = () => {
    for (const listener of listeners) listener.changed()
  }
  const tell = (to: FakeConversation, message: Message) => {
    for (const listener of listeners) listener.messages(to.id, [message])
    touch()
  }
  const state: FakeState = {
    account,
    me: { current: newMe(account, now()) },
    conversations: [],
    requests: [],
    invites: [],
    passphrase: undefined,
    profiles: createFakeProfiles(account, now),
    appValues: new Map(),
    network: fakeNetwork(),
    pushNodes: new Map(),
    previews: new Map(),
    lostHolders: [],
    now,
    touch,
    addConversation: (name, fields = {}) => {
      const conversation = { ...newConversation(name, now()), ...fields }
      state.conversations.push(conversation)
      touch()
      return conversation
    },
    addMessage: (to, from, text, fields = {}) => {
      count += 1
      const message: Message = {
        ...newMessage(count, to, fields.sentAt ?? now()),
        sender: from === 'me' ? account : to.account,
        content: { type: 'text', text },
        state: from === 'me' ? 'queued' : 'delivered',
        ...fields,
      }
      to.messages.push(message)
      to.updatedAt = message.sentAt
      if (from === 'me') to.readUpTo = to.messages.length
      tell(to, message)
      return message
    },
    change: (to, id, fields) => {
      const at = messageAt(to, id)
      const before = to.messages[at]
      if (before === undefined) throw new EngineError('MESSAGE_NOT_FOUND')
      const next = { ...before, ...fields }
      to.messages[at] = next
      to.updatedAt = now()
      tell(to, next)
      return next
    },
    tellProfiles: (profiles) => {
      for (const listener of listeners) listener.profiles?.(profiles)
      touch()
    },
    tellTyping: (to, subject = '') => {
      for (const listener of listeners) listener.typing?.(to.id, to.account, subject)
    },
    listen: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  return state
}
