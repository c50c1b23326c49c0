import {
  EngineError,
  type Contact,
  type ContactRequest,
  type Content,
  type Conversation,
  type Invite,
  type Me,
  type Message,
  type MessageState,
  type Network,
  type OperationName,
  type Params,
  type ResultOf,
} from '@parley/engine/api'
import { accountOf, conversationIdOf, messageIdOf } from './fake-ids.ts'

export type Handlers = { [N in OperationName]: (params: Params<N>) => ResultOf<N> }

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
  lastHeardAt: number
  isVerified: boolean
  typing: boolean
  updatedAt: number
}

export type WorldListener = { changed(): void; messages(conversation: string, messages: readonly Message[]): void }

/** A pretend node: the whole API over plain memory. For tests and for looking at screens; never in production. */
export interface FakeWorld {
  readonly handlers: Handlers
  readonly me: { current: Me }
  readonly conversations: FakeConversation[]
  readonly requests: ContactRequest[]
  network: Pick<Network, 'isListening' | 'infrastructure'>
  /** How far own messages get by themselves, or that they stay where they are. */
  reach: MessageState
  now(): number
  addConversation(name: string, fields?: Partial<FakeConversation>): FakeConversation
  addMessage(to: FakeConversation, from: 'me' | 'them', text: string, fields?: Partial<Message>): Message
  change(to: FakeConversation, id: string, fields: Partial<Message>): Message
  touch(): void
  listen(listener: WorldListener): () => void
}

export const createFakeWorld = (now: () => number): FakeWorld => {
  const listeners = new Set<WorldListener>()
  const conversations: FakeConversation[] = []
  const requests: ContactRequest[] = []
  let invites: Invite[] = []
  let passphrase: string | undefined
  let count = 0
  const meAccount = accountOf('me')
  const me: { current: Me } = {
    current: {
      account: meAccount,
      peerId: '12D3KooWQ8fake00000000000000000000000000000000000000',
      name: 'Robin',
      addresses: ['/ip4/192.0.2.7/tcp/4001'],
      settings: { sendsTyping: true, sendsReadReceipts: true },
      hasPassphrase: false,
      isRecoveryPhraseConfirmed: false,
      createdAt: now() - 40 * 86_400_000,
    },
  }
  const touch = () => {
    for (const listener of listeners) listener.changed()
  }
  const tell = (conversation: FakeConversation, messages: readonly Message[]) => {
    conversation.updatedAt = now()
    for (const listener of listeners) listener.messages(conversation.id, messages)
    touch()
  }
  const find = (id: string): FakeConversation => {
    const conversation = conversations.find((each) => each.id === id)
    if (conversation === undefined) throw new EngineError('CONVERSATION_NOT_FOUND')
    return conversation
  }
  const byAccount = (account: string): FakeConversation => {
    const conversation = conversations.find((each) => each.account === account)
    if (conversation === undefined) throw new EngineError('CONTACT_NOT_FOUND')
    return conversation
  }
  const messageAt = (conversation: FakeConversation, id: string): number => {
    const at = conversation.messages.findIndex((message) => message.id === id)
    if (at < 0) throw new EngineError('MESSAGE_NOT_FOUND')
    return at
  }
  const newMessage = (to: FakeConversation, sender: string, content: Content, fields: Partial<Message>): Message => {
    count += 1
    const sentAt = fields.sentAt ?? now()
    const previous = to.messages.at(-1)
    return {
      id: messageIdOf(count),
      conversation: to.id,
      sender,
      content,
      sentAt,
      state: sender === meAccount ? 'queued' : 'delivered',
      parents: previous === undefined ? [] : [previous.id],
      order: `${String(sentAt).padStart(15, '0')}-${String(count).padStart(8, '0')}`,
      reactions: [],
      hasGapBefore: false,
      isClockSkewed: false,
      ...fields,
    }
  }
  const nameOf = (each: FakeConversation) => (each.givenName === '' ? each.claimedName : each.givenName)
  const toConversation = (each: FakeConversation): Conversation => {
    const unread = each.messages.slice(each.readUpTo).filter((message) => message.sender !== meAccount)
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
  const toContact = (each: FakeConversation): Contact => ({
    account: each.account,
    name: nameOf(each),
    claimedName: each.claimedName,
    conversation: each.id,
    status: each.status,
    isVerified: each.isVerified,
    devices: [
      {
        peerId: `12D3KooW${each.id.slice(0, 36)}`,
        addedAt: now() - 30 * 86_400_000,
        isConnected: each.isConnected,
      },
    ],
  })
  const change: FakeWorld['change'] = (to, id, fields) => {
    const at = messageAt(to, id)
    const before = to.messages[at]
    if (before === undefined) throw new EngineError('MESSAGE_NOT_FOUND')
    const next = { ...before, ...fields }
    to.messages[at] = next
    tell(to, [next])
    return next
  }
  const ownMessage = (conversation: FakeConversation, id: string): Message => {
    const message = conversation.messages[messageAt(conversation, id)]
    if (message?.sender !== meAccount) throw new EngineError('MESSAGE_NOT_YOURS')
    return message
  }
  const addMessage: FakeWorld['addMessage'] = (to, from, text, fields = {}) => {
    const message = newMessage(to, from === 'me' ? meAccount : to.account, { type: 'text', text }, fields)
    to.messages.push(message)
    to.updatedAt = message.sentAt
    if (from === 'me') to.readUpTo = to.messages.length
    for (const listener of listeners) listener.messages(to.id, [message])
    touch()
    return message
  }
  const addConversation: FakeWorld['addConversation'] = (name, fields = {}) => {
    const conversation: FakeConversation = {
      id: conversationIdOf(name),
      account: accountOf(name),
      claimedName: name,
      givenName: '',
      status: 'active',
      messages: [],
      readUpTo: 0,
      draft: '',
      isConnected: false,
      lastHeardAt: now() - 3_600_000,
      isVerified: false,
      typing: false,
      updatedAt: now(),
      ...fields,
    }
    conversations.push(conversation)
    touch()
    return conversation
  }
  const setMe = (fields: Partial<Me>): Me => {
    me.current = { ...me.current, ...fields }
    touch()
    return me.current
  }
  const takeRequest = (id: string): ContactRequest => {
    const at = requests.findIndex((request) => request.id === id)
    const [request] = at < 0 ? [] : requests.splice(at, 1)
    if (request === undefined) throw new EngineError('REQUEST_NOT_FOUND')
    return request
  }

  const world: FakeWorld = {
    me,
    conversations,
    requests,
    network: { isListening: true, infrastructure: [] },
    reach: 'delivered',
    now,
    addConversation,
    addMessage,
    change,
    touch,
    listen: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    handlers: {
      'me.get': () => me.current,
      'me.update': ({ name, settings }) =>
        setMe({
          ...(name === undefined ? {} : { name }),
          settings: { ...me.current.settings, ...settings },
        }),
      'me.recoveryPhrase': () => ({ phrase: fakePhrase }),
      'me.confirmRecoveryPhrase': () => setMe({ isRecoveryPhraseConfirmed: true }),
      'me.setPassphrase': ({ passphrase: next, current }) => {
        if (passphrase !== undefined && current !== passphrase) throw new EngineError('PASSPHRASE_WRONG')
        if (next !== '' && [...next].length < 8) throw new EngineError('PASSPHRASE_TOO_SHORT')
        passphrase = next === '' ? undefined : next
        return setMe({ hasPassphrase: passphrase !== undefined })
      },
      'invites.create': () => {
        const id = `i${invites.length + 1}`
        const link = `https://parley.example/i#${'mE7pQx2Lr9vKf4Tz'.repeat(12)}${id}`
        const invite = { id, link, createdAt: now(), expiresAt: now() + 30 * 86_400_000 }
        invites = [...invites, invite]
        touch()
        return invite
      },
      'invites.list': () => invites,
      'invites.revoke': ({ id }) => {
        invites = invites.filter((invite) => invite.id !== id)
        touch()
        return null
      },
      'contacts.add': ({ link }) => {
        if (invites.some((invite) => invite.link === link)) throw new EngineError('INVITE_IS_OWN')
        if (!link.includes('#')) throw new EngineError('INVITE_MALFORMED')
        return toConversation(addConversation('Noor', { status: 'invited' }))
      },
      'contacts.list': () => conversations.map(toContact),
      'contacts.rename': ({ account, name }) => {
        const contact = byAccount(account)
        contact.givenName = name
        touch()
        return toContact(contact)
      },
      'contacts.safetyNumber': ({ account }) => ({
        digits: Array.from({ length: 60 }, (_, at) => (account.charCodeAt(9 + (at % 40)) * 7 + at * 3) % 10).join(''),
        isVerified: byAccount(account).isVerified,
      }),
      'contacts.verify': ({ account, isVerified }) => {
        const contact = byAccount(account)
        contact.isVerified = isVerified
        touch()
        return toContact(contact)
      },
      'requests.list': () => [...requests],
      'requests.accept': ({ id }) => {
        const request = takeRequest(id)
        const conversation = addConversation(request.name, { isConnected: true })
        if (request.text !== '') addMessage(conversation, 'them', request.text)
        return toConversation(conversation)
      },
      'requests.decline': ({ id }) => {
        takeRequest(id)
        touch()
        return null
      },
      'conversations.list': () => conversations.map(toConversation).sort((a, b) => b.updatedAt - a.updatedAt),
      'conversations.read': ({ conversation, upTo }) => {
        const each = find(conversation)
        const end = upTo === undefined ? each.messages.length : messageAt(each, upTo) + 1
        each.readUpTo = Math.max(each.readUpTo, end)
        touch()
        return null
      },
      'conversations.setDraft': ({ conversation, text }) => {
        find(conversation).draft = text
        touch()
        return null
      },
      'conversations.typing': ({ conversation }) => {
        find(conversation)
        return null
      },
      'messages.page': ({ conversation, limit = 50, before, after, around }) => {
        const all = find(conversation).messages
        const each = find(conversation)
        let start = Math.max(0, all.length - limit)
        let end = all.length
        if (before !== undefined) {
          end = messageAt(each, before)
          start = Math.max(0, end - limit)
        } else if (after !== undefined) {
          start = messageAt(each, after) + 1
          end = Math.min(all.length, start + limit)
        } else if (around !== undefined) {
          start = Math.max(0, messageAt(each, around) - Math.floor(limit / 2))
          end = Math.min(all.length, start + limit)
        }
        return { messages: all.slice(start, end), hasBefore: start > 0, hasAfter: end < all.length }
      },
      'messages.send': ({ conversation, text, replyTo }) => {
        const each = find(conversation)
        if ([...text].length > 20_000) throw new EngineError('TEXT_TOO_LONG')
        if (each.status === 'blocked') throw new EngineError('CONTACT_BLOCKED')
        return addMessage(each, 'me', text, replyTo === undefined ? {} : { replyTo })
      },
      'messages.edit': ({ conversation, message, text }) => {
        ownMessage(find(conversation), message)
        return change(find(conversation), message, { content: { type: 'text', text }, editedAt: now() })
      },
      'messages.delete': ({ conversation, message }) => {
        ownMessage(find(conversation), message)
        return change(find(conversation), message, { content: { type: 'deleted' }, reactions: [] })
      },
      'messages.react': ({ conversation, message, emoji, isOn }) => {
        const each = find(conversation)
        const before = each.messages[messageAt(each, message)]?.reactions ?? []
        const others = before
          .map((row) =>
            row.emoji === emoji ? { emoji, accounts: row.accounts.filter((account) => account !== meAccount) } : row,
          )
          .filter((row) => row.accounts.length > 0)
        const row = others.find((one) => one.emoji === emoji)
        const mine = { emoji, accounts: [...(row?.accounts ?? []), meAccount] }
        const reactions = isOn ? [...others.filter((one) => one.emoji !== emoji), mine] : others
        return change(each, message, { reactions })
      },
      'messages.retry': ({ conversation, message }) => change(find(conversation), message, { state: 'queued' }),
      'blocks.add': ({ account }) => {
        const contact = byAccount(account)
        contact.status = 'blocked'
        contact.isConnected = false
        touch()
        return null
      },
      'blocks.remove': ({ account }) => {
        byAccount(account).status = 'active'
        touch()
        return null
      },
      'network.get': () => ({
        ...world.network,
        addresses: world.network.isListening ? me.current.addresses : [],
        peers: conversations
          .filter((each) => each.isConnected)
          .map((each, at) => ({
            account: each.account,
            name: nameOf(each),
            peerId: `12D3KooW${each.id.slice(0, 36)}`,
            path: at % 3 === 2 ? ('relayed' as const) : ('direct' as const),
            connectedAt: now() - 600_000,
          })),
        waitingMessages: conversations.reduce(
          (sum, each) => sum + each.messages.filter((message) => message.state === 'queued').length,
          0,
        ),
        storedBytes: 18_400_000,
      }),
    },
  }
  return world
}

const fakePhrase =
  'legal winner thank year wave sausage worth useful legal winner thank year ' +
  'wave sausage worth useful legal winner thank year wave sausage worth title'
