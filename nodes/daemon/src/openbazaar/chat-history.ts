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
    const { people, aliases } = this.#ask.session
    const unread = await this.#unread()
    // Which ones are unread is counted from the newest, so that is where to start when there are any.
    let isPast = before === undefined
    if (before?.copy !== undefined) this.#copies.add(before.copy)
    for await (const message of this.#messages(unread.size > 0 ? undefined : before)) {
      const outgoing = message.sender === people.account
      const left = outgoing ? 0 : (unread.get(message.conversation) ?? 0)
      if (left > 0) unread.set(message.conversation, left - 1)
      if (unread.size > 0 && !isPast) {
        isPast = message.id === before?.id
        continue
      }
      const isAgain = outgoing && message.copy !== undefined && this.#copies.has(message.copy)
      if (isAgain && this.#conversation === undefined) continue
      if (outgoing && message.copy !== undefined) this.#copies.add(message.copy)
      const view = chatMessage(message, {
        messageId: aliases.idOf(message),
        peerId: await this.#peerOf(message, outgoing),
        outgoing,
        read: outgoing ? message.state === 'read' : left === 0,
      })
      if (view !== undefined) yield view
    }
  }

  async #peerOf(message: Message, outgoing: boolean): Promise<string> {
    if (outgoing && this.#conversation === undefined && message.copy !== undefined) return ''
    const contact = await this.#ask.session.people.contactOf(message.conversation)
    return contact === undefined ? '' : peerIdOf(contact.account)
  }

  /** How many of the newest incoming ones are unread, by conversation; empty when none is. */
  async #unread(): Promise<Map<string, number>> {
    const { client } = this.#ask.session
    const discussions = await client.call('discussions.list', { subject: this.#subject })
    const here = discussions.filter(
      ({ conversation }) => this.#conversation === undefined || conversation === this.#conversation,
    )
    return new Map(here.flatMap(({ conversation, unread }) => (unread > 0 ? [[conversation, unread]] : [])))
  }

  async *#messages(from: Message | undefined): AsyncGenerator<Message> {
    const { client } = this.#ask.session
    const conversation = this.#conversation
    const subject = this.#subject
    let before = from?.id
    for (;;) {
      const place = before === undefined ? {} : { before }
      const { messages, hasBefore } =
        conversation === undefined
          ? await client.call('discussions.page', { subject, limit: this.#pageSize, ...place })
          : await client.call('messages.page', { conversation, subject, limit: this.#pageSize, ...place })
      // A conversation's page is in the order of display, all of a subject together the newest first.
      const newestFirst = conversation === undefined ? messages : messages.toReversed()
      yield* newestFirst
      before = newestFirst.at(-1)?.id
      if (!hasBefore || before === undefined) return
    }
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
