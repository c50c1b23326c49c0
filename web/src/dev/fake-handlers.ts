import {
  EngineError,
  type ContactRequest,
  type Me,
  type Message,
  type OperationName,
  type Params,
  type ResultOf,
  type StreamName,
} from '@parley/engine/api'
import { discussionHandlers, isAbout } from './fake-discussions.ts'
import { inviteHandlers, previewOf } from './fake-invites.ts'
import { networkHandlers, usePushNode } from './fake-network.ts'
import { fetchProfiles, profileHandlers } from './fake-profiles.ts'
import { messageAt, type FakeConversation, type FakeState } from './fake-state.ts'
import { toContact, toConversation } from './fake-views.ts'

export type Handlers = { [N in Exclude<OperationName, StreamName>]: (params: Params<N>) => ResultOf<N> }
/** Items in the order in which they are found. */
export type Streams = { [N in StreamName]: (params: Params<N>) => readonly ResultOf<N>[] }

type Area<P extends string> = Pick<Handlers, Extract<keyof Handlers, `${P}.${string}`>>

const fakePhrase =
  'legal winner thank year wave sausage worth useful legal winner thank year ' +
  'wave sausage worth useful legal winner thank year wave sausage worth title'

const find = (state: FakeState, id: string): FakeConversation => {
  const conversation = state.conversations.find((each) => each.id === id)
  if (conversation === undefined) throw new EngineError('CONVERSATION_NOT_FOUND')
  return conversation
}

const byAccount = (state: FakeState, account: string): FakeConversation => {
  const conversation = state.conversations.find((each) => each.account === account)
  if (conversation === undefined) throw new EngineError('CONTACT_NOT_FOUND')
  return conversation
}

const takeRequest = ({ requests }: FakeState, id: string): ContactRequest => {
  const at = requests.findIndex((request) => request.id === id)
  const [request] = at < 0 ? [] : requests.splice(at, 1)
  if (request === undefined) throw new EngineError('REQUEST_NOT_FOUND')
  return request
}

const assertOwn = (state: FakeState, conversation: FakeConversation, id: string): void => {
  if (conversation.messages[messageAt(conversation, id)]?.sender !== state.account)
    throw new EngineError('MESSAGE_NOT_YOURS')
}

const pageOf = (each: FakeConversation, params: Params<'messages.page'>): ResultOf<'messages.page'> => {
  const { limit = 50, before, after, around, subject } = params
  const all = subject === undefined ? each.messages : each.messages.filter((message) => isAbout(message, subject))
  const place = (id: string) => {
    const at = all.findIndex((message) => message.id === id)
    if (at < 0) throw new EngineError('MESSAGE_NOT_FOUND')
    return at
  }
  let start = Math.max(0, all.length - limit)
  let end = all.length
  if (before !== undefined) {
    end = place(before)
    start = Math.max(0, end - limit)
  } else if (after !== undefined) {
    start = place(after) + 1
    end = Math.min(all.length, start + limit)
  } else if (around !== undefined) {
    start = Math.max(0, place(around) - Math.floor(limit / 2))
    end = Math.min(all.length, start + limit)
  }
  return { messages: all.slice(start, end), hasBefore: start > 0, hasAfter: end < all.length }
}

type Reactions = Message['reactions']

const reactionsAfter = (before: Reactions, emoji: string, account: string, isOn: boolean): Reactions => {
  const others = before
    .map((row) => (row.emoji === emoji ? { emoji, accounts: row.accounts.filter((each) => each !== account) } : row))
    .filter((row) => row.accounts.length > 0)
  const accounts = others.find((row) => row.emoji === emoji)?.accounts ?? []
  return isOn ? [...others.filter((row) => row.emoji !== emoji), { emoji, accounts: [...accounts, account] }] : others
}

const meHandlers = (state: FakeState): Area<'me'> => {
  const { me, touch } = state
  const setMe = (fields: Partial<Me>): Me => {
    me.current = { ...me.current, ...fields }
    touch()
    return me.current
  }
  return {
    'me.get': () => me.current,
    'me.update': ({ settings }) => setMe({ settings: { ...me.current.settings, ...settings } }),
    'me.sign': () => ({ signature: '0'.repeat(128), publicKey: '0'.repeat(64) }),
    'me.verify': () => ({ isValid: false }),
    'me.recoveryPhrase': () => ({ phrase: fakePhrase }),
    'me.confirmRecoveryPhrase': () => setMe({ isRecoveryPhraseConfirmed: true }),
    'me.setPassphrase': ({ passphrase: next, current }) => {
      if (state.passphrase !== undefined && current !== state.passphrase) throw new EngineError('PASSPHRASE_WRONG')
      if (next !== '' && [...next].length < 8) throw new EngineError('PASSPHRASE_TOO_SHORT')
      state.passphrase = next === '' ? undefined : next
      return setMe({ hasPassphrase: state.passphrase !== undefined })
    },
  }
}

const contactHandlers = (state: FakeState): Area<'contacts' | 'requests' | 'blocks'> => {
  const { conversations, requests, now, touch, addConversation, addMessage } = state
  return {
    'contacts.add': ({ link, usePushNodes = false }) => {
      const { name = '', pushNodes, problem } = previewOf(state, link)
      if (problem === 'own') throw new EngineError('INVITE_IS_OWN')
      if (problem === 'expired') throw new EngineError('INVITE_EXPIRED')
      if (usePushNodes)
        for (const address of pushNodes) usePushNode(state, address, { source: 'contact', contact: name })
      return toConversation(addConversation(name, { status: 'invited' }), state.account)
    },
    'blocks.list': () =>
      conversations
        .filter(({ status }) => status === 'blocked')
        .map(({ account, givenName, claimedName, updatedAt }) => ({
          account,
          name: givenName || claimedName,
          blockedAt: updatedAt,
        })),
    'contacts.list': () => conversations.map((each) => toContact(each, now())),
    'contacts.rename': ({ account, name }) => {
      const contact = byAccount(state, account)
      contact.givenName = name
      touch()
      return toContact(contact, now())
    },
    'contacts.safetyNumber': ({ account }) => ({
      digits: Array.from({ length: 60 }, (_, at) => (account.charCodeAt(9 + (at % 40)) * 7 + at * 3) % 10).join(''),
      isVerified: byAccount(state, account).isVerified,
    }),
    'contacts.verify': ({ account, isVerified }) => {
      const contact = byAccount(state, account)
      contact.isVerified = isVerified
      touch()
      return toContact(contact, now())
    },
    'requests.list': () => [...requests],
    'requests.accept': ({ id }) => {
      const request = takeRequest(state, id)
      const conversation = addConversation(request.name, { isConnected: true, presence: { status: 'online' } })
      const known = state.profiles.strangers.get(request.account)
      if (known !== undefined) conversation.profiles = [known.profile]
      if (request.text !== '') addMessage(conversation, 'them', request.text)
      return toConversation(conversation, state.account)
    },
    'requests.decline': ({ id }) => {
      takeRequest(state, id)
      touch()
      return null
    },
    'blocks.add': ({ account }) => {
      const contact = byAccount(state, account)
      contact.status = 'blocked'
      contact.isConnected = false
      contact.presence = { status: 'hidden' }
      touch()
      return null
    },
    'blocks.remove': ({ account }) => {
      byAccount(state, account).status = 'active'
      touch()
      return null
    },
  }
}

const messageHandlers = (state: FakeState): Area<'conversations' | 'messages'> => {
  const { conversations, now, touch, addMessage, change } = state
  return {
    'conversations.list': () =>
      conversations.map((each) => toConversation(each, state.account)).sort((a, b) => b.updatedAt - a.updatedAt),
    'conversations.read': ({ conversation, upTo }) => {
      const each = find(state, conversation)
      const end = upTo === undefined ? each.messages.length : messageAt(each, upTo) + 1
      each.readUpTo = Math.max(each.readUpTo, end)
      touch()
      return null
    },
    'conversations.setDraft': ({ conversation, text }) => {
      find(state, conversation).draft = text
      touch()
      return null
    },
    'conversations.typing': ({ conversation }) => {
      find(state, conversation)
      return null
    },
    'conversations.clear': ({ conversation, subject }) => {
      const each = find(state, conversation)
      const kept = subject === undefined ? [] : each.messages.filter((message) => !isAbout(message, subject))
      each.messages = kept
      each.readUpTo = kept.length
      touch()
      return null
    },
    'messages.find': ({ ids, copy }) =>
      conversations.flatMap(({ messages }) =>
        messages.filter(({ id, copy: own }) => ids?.includes(id) === true || (copy !== undefined && own === copy)),
      ),
    'messages.hide': ({ conversation, message }) => {
      const each = find(state, conversation)
      each.messages = each.messages.toSpliced(messageAt(each, message), 1)
      each.readUpTo = Math.min(each.readUpTo, each.messages.length)
      touch()
      return null
    },
    'messages.page': (params) => pageOf(find(state, params.conversation), params),
    'messages.send': ({ conversation, text, replyTo, subject, copy }) => {
      const each = find(state, conversation)
      if ([...text].length > 20_000) throw new EngineError('TEXT_TOO_LONG')
      if (each.status === 'blocked') throw new EngineError('CONTACT_BLOCKED')
      return addMessage(each, 'me', text, {
        ...(replyTo === undefined ? {} : { replyTo }),
        ...(subject === undefined || subject === '' ? {} : { subject }),
        ...(copy === undefined ? {} : { copy }),
      })
    },
    'messages.edit': ({ conversation, message, text }) => {
      assertOwn(state, find(state, conversation), message)
      return change(find(state, conversation), message, { content: { type: 'text', text }, editedAt: now() })
    },
    'messages.delete': ({ conversation, message }) => {
      assertOwn(state, find(state, conversation), message)
      return change(find(state, conversation), message, { content: { type: 'deleted' }, reactions: [] })
    },
    'messages.react': ({ conversation, message, emoji, isOn }) => {
      const each = find(state, conversation)
      const before = each.messages[messageAt(each, message)]?.reactions ?? []
      return change(each, message, { reactions: reactionsAfter(before, emoji, state.account, isOn) })
    },
    'messages.retry': ({ conversation, message }) => change(find(state, conversation), message, { state: 'queued' }),
  }
}

/** What answers piece by piece. */
export const createFakeStreams = (state: FakeState): Streams => ({
  'profiles.fetch': (params) => fetchProfiles(state, params),
})

/** The whole API over a {@link FakeState}. */
export const createFakeHandlers = (state: FakeState): Handlers => ({
  ...meHandlers(state),
  ...inviteHandlers(state),
  ...networkHandlers(state),
  ...contactHandlers(state),
  ...messageHandlers(state),
  ...discussionHandlers(state),
  ...profileHandlers(state),
})
