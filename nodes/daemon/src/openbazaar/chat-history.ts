/** Reading: `chatmessages` and `chatconversations`. Spec: OBG-9, OBG-10. */
import type { Message } from '@parley/engine'
import { chatMessage, chatOfRequest, chatOfWaiting, conversationOf } from './chat-views.ts'
import type { ChatConversation, ChatMessage } from './chat-views.ts'
import { parseMessageId, peerIdOf, subjectOf } from './names.ts'
import { Refusal } from './refusal.ts'
import type { Ask, Routes } from './routes.ts'

const PAGE_MESSAGES = 200
const INTEGER = /^[+-]?\d{1,18}$/

export const historyRoutes: Routes = {
  'GET chatmessages': getMessages,
  'GET chatconversations': getConversations,
}

/** −1 is everything. @throws Refusal 500 for what is no number, as OpenBazaar does. */
function limitOf(text: string | null): number {
  if (text === null || text === '') return Number.POSITIVE_INFINITY
  if (!INTEGER.test(text)) throw new Refusal(500, 'strconv.Atoi: parsing the limit: invalid syntax')
  const limit = Number(text)
  return limit < 0 ? Number.POSITIVE_INFINITY : limit
}

async function getMessages(ask: Ask): Promise<readonly ChatMessage[]> {
  const { session, rest, query } = ask
  const limit = limitOf(query.get('limit'))
  const peerId = rest[0] ?? ''
  const subject = subjectOf(query.get('subject') ?? '')
  const offset = query.get('offsetId') ?? ''
  if (limit === 0 || subject === undefined) return []
  const beside = await besideHistory(ask, peerId, subject)
  const place = beside.findIndex(({ messageId }) => messageId === offset)
  // What waits is newer than everything that was sent, so it comes first and may hold the offset itself.
  const shown = offset === '' ? beside : place < 0 ? [] : beside.slice(place + 1)
  const found = shown.slice(0, limit)
  const person = session.people.near(peerId)
  const conversation = person?.type === 'contact' ? person.contact.conversation : undefined
  if ((peerId !== '' && conversation === undefined) || found.length >= limit) return found
  const isFromTop = offset === '' || place >= 0
  const before = isFromTop ? undefined : await offsetMessage(ask, offset, conversation)
  if (!isFromTop && before === undefined) return []
  const walk = new Walk(ask, { conversation, subject, pageSize: Math.min(PAGE_MESSAGES, limit - found.length) })
  for await (const message of walk.newestFirst(before)) {
    found.push(message)
    if (found.length >= limit) break
  }
  return found
}

/** Requests and what waits: not in any conversation yet. The newest first. */
async function besideHistory({ session }: Ask, peerId: string, subject: string): Promise<ChatMessage[]> {
  const waiting = await session.waiting.all()
  const ours = waiting.filter((text) => (peerId === '' || text.peerId === peerId) && text.subject === subject)
  const asked = subject === '' ? [...session.people.requests].filter(([peer]) => peerId === '' || peer === peerId) : []
  // Said to several people at once, it is one message without a reader's name, unless one reader is asked for.
  const once = peerId === '' ? ours.filter((text, at) => ours.findIndex(({ copy }) => copy === text.copy) === at) : ours
  const seen = await session.seen.get()
  const asking = asked.map(([peer, request]) => chatOfRequest(request, peer, seen.includes(request.id)))
  const shown = [...once.map(chatOfWaiting), ...asking]
  return shown.toSorted((a, b) => compareTimes(b.timestamp, a.timestamp))
}

/** Fractions of a second are cut, so the texts cannot be compared as they are. */
const compareTimes = (a: string, b: string): number => Date.parse(a) - Date.parse(b)

/** Of several copies the newest, which is where all of them were shown. */
async function offsetMessage(
  { session }: Ask,
  offset: string,
  conversation: string | undefined,
): Promise<Message | undefined> {
  const found = await session.aliases.find(session.client, parseMessageId(offset))
  const here = found.filter((message) => conversation === undefined || message.conversation === conversation)
  return here.toSorted((a, b) => b.sentAt - a.sentAt)[0]
}

interface WalkPlace {
  /** `undefined`: all of them. */
  readonly conversation: string | undefined
  readonly subject: string
  readonly pageSize: number
}

/** One conversation, or all of a subject together, from the newest backwards. */
class Walk {
  readonly #ask: Ask
  readonly #conversation: string | undefined
  readonly #subject: string
  readonly #pageSize: number
  readonly #copies = new Set<string>()

  constructor(ask: Ask, { conversation, subject, pageSize }: WalkPlace) {
    this.#ask = ask
    this.#conversation = conversation
    this.#subject = subject
    this.#pageSize = pageSize
  }

  async *newestFirst(before: Message | undefined): AsyncGenerator<ChatMessage> {
    let page = await this.#page(before?.id)
    const unread = await this.#unread(before === undefined ? page.messages[0] : undefined)
    // Which ones are unread is counted from the newest, so that is where to start when there are any.
    let isPast = before === undefined || unread.size === 0
    if (!isPast) page = await this.#page(undefined)
    if (before?.copy !== undefined) this.#copies.add(before.copy)
    for (;;) {
      for (const message of page.messages) {
        const isRead = this.#isRead(message, unread)
        const view = isPast ? await this.#view(message, isRead) : undefined
        isPast ||= message.id === before?.id
        if (view !== undefined) yield view
      }
      const last = page.messages.at(-1)
      if (!page.hasBefore || last === undefined) return
      page = await this.#page(last.id)
    }
  }

  /** Counts down: asked once for each message, from the newest. */
  #isRead(message: Message, unread: Map<string, number>): boolean {
    if (message.sender === this.#ask.session.people.account) return message.state === 'read'
    const left = unread.get(message.conversation) ?? 0
    if (left > 0) unread.set(message.conversation, left - 1)
    return left === 0
  }

  /** `undefined` for what is not shown: deleted, or a copy of what was shown. */
  async #view(message: Message, read: boolean): Promise<ChatMessage | undefined> {
    const { people, aliases } = this.#ask.session
    const outgoing = message.sender === people.account
    const copy = outgoing && this.#conversation === undefined ? message.copy : undefined
    if (copy !== undefined) {
      if (this.#copies.has(copy)) return undefined
      this.#copies.add(copy)
    }
    const contact = copy !== undefined ? undefined : await people.contactOf(message.conversation)
    const peerId = contact === undefined ? '' : peerIdOf(contact.account)
    return chatMessage(message, { messageId: aliases.idOf(message), peerId, outgoing, read })
  }

  /** How many of the newest incoming ones are unread, by conversation; empty when none is. */
  async #unread(newest: Message | undefined): Promise<Map<string, number>> {
    const { client, unread } = this.#ask.session
    const only = this.#conversation
    if (only !== undefined && !unread.mayBeIn(only, newest)) return new Map()
    const discussions = await client.call('discussions.list', { subject: this.#subject })
    const here = discussions.filter(({ conversation }) => only === undefined || conversation === only)
    return new Map(here.flatMap((each) => (each.unread > 0 ? [[each.conversation, each.unread]] : [])))
  }

  /** The newest first. */
  async #page(before: string | undefined): Promise<{ readonly messages: Message[]; readonly hasBefore: boolean }> {
    const { client } = this.#ask.session
    const conversation = this.#conversation
    const wish = { subject: this.#subject, limit: this.#pageSize, ...(before === undefined ? {} : { before }) }
    if (conversation === undefined) return client.call('discussions.page', wish)
    const { messages, hasBefore } = await client.call('messages.page', { conversation, ...wish })
    // A conversation's page is in the order of display.
    return { messages: messages.toReversed(), hasBefore }
  }
}

async function getConversations({ session }: Ask): Promise<readonly ChatConversation[]> {
  const { client, people, aliases, waiting } = session
  const discussions = await client.call('discussions.list', { subject: '' })
  const byPeer = new Map<string, ChatConversation>()
  for (const { account, lastMessage, unread } of discussions) {
    const peerId = peerIdOf(account)
    const outgoing = lastMessage.sender === people.account
    const facts = { messageId: aliases.idOf(lastMessage), peerId, outgoing, read: false }
    const last = chatMessage(lastMessage, facts) ?? chatMessage({ ...lastMessage, content: EMPTY }, facts)
    if (last !== undefined) byPeer.set(peerId, conversationOf(last, unread))
  }
  const seen = await session.seen.get()
  for (const [peerId, request] of people.requests) {
    const isSeen = seen.includes(request.id)
    byPeer.set(peerId, conversationOf(chatOfRequest(request, peerId, isSeen), isSeen ? 0 : 1))
  }
  for (const text of await waiting.all()) {
    if (text.subject !== '') continue
    byPeer.set(text.peerId, conversationOf(chatOfWaiting(text), byPeer.get(text.peerId)?.unread ?? 0))
  }
  return [...byPeer.values()].toSorted((a, b) => compareTimes(b.timestamp, a.timestamp))
}

/** The last thing said was deleted: the conversation stays, without words. */
const EMPTY = { type: 'text', text: '' } as const
