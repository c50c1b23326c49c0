/** Conversations and messages as the API's table has them. Parameters were validated before. */
import { COPIES_FOUND_MAX, equalBytes, fromHex, sanitizeText, toHex, utf8, type Saying } from '@parley/core'
import { EngineError } from '../api/errors.ts'
import type { Conversation, Message, OperationName, Params, ResultOf } from '../api/schema.ts'
import type { CommandTable, QueryTable } from '../api/tables.ts'
import type { Context } from '../context.ts'
import { draftPlace, type Views } from '../live/views.ts'
import { allContacts, contactByConversation, isBlockedAccount, type ContactRow } from '../store/contacts.ts'
import { conversationsAbout, copiesOf, tilesAbout, unreadAbout } from '../store/discussions.ts'
import { entryById, isTile, tilesBefore, type Entry } from '../store/entries.ts'
import type { Apply } from '../turn/turns.ts'
import { compose } from './compose.ts'
import { clearConversation, hideMessage } from './hide.ts'
import type { ConversationService } from './service.ts'
import { givenSubject, subjectFilter } from './subjects.ts'
import { viewEntries, viewMessages, viewNew, viewPage } from './view.ts'

const IS_MESSAGE_ID = /^[0-9a-f]{64}$/
const PAGE_LIMIT_DEFAULT = 50
const PAGE_LIMIT_MAX = 200

const limitOf = (limit: number = PAGE_LIMIT_DEFAULT): number => Math.max(1, Math.min(limit, PAGE_LIMIT_MAX))

type Part = `conversations.${string}` | `discussions.${string}` | `messages.${string}`
type QueriesOf = Pick<QueryTable, Extract<keyof QueryTable, Part>>
type CommandsOf = Pick<CommandTable, Extract<keyof CommandTable, Part>>
/** What names one conversation. */
type In<N extends OperationName> = Params<N>

export interface ConversationOperationsOptions {
  readonly context: Context
  readonly views: Views
  readonly service: ConversationService
}

export class ConversationOperations {
  readonly #context: Context
  readonly #views: Views
  readonly #service: ConversationService

  constructor({ context, views, service }: ConversationOperationsOptions) {
    this.#context = context
    this.#views = views
    this.#service = service
  }

  readonly queries: QueriesOf = {
    'conversations.list': () => this.#views.conversations(),
    'discussions.list': ({ subject }) => this.#discussions(subject),
    'discussions.page': (params) => this.#discussion(params),
    'messages.page': (params) => this.#page(params),
    'messages.find': (params) => this.#find(params),
  }

  readonly commands: CommandsOf = {
    'conversations.read': (params) => this.#read(params),
    'conversations.setDraft': ({ conversation, text }) => this.#setDraft(conversation, text),
    'conversations.typing': async ({ conversation, subject }) => {
      this.#contactOf(conversation)
      await this.#service.sendTyping(conversation, givenSubject(subject ?? ''))
      return null
    },
    'conversations.clear': async ({ conversation, subject }) => {
      this.#contactOf(conversation)
      await clearConversation(this.#context, conversation, subjectFilter(this.#context, subject))
      return null
    },
    'messages.send': (params) => this.#say(params.conversation, this.#sayingOf(params)),
    'messages.hide': async ({ conversation, message }) => {
      await hideMessage(this.#context, this.#entry(conversation, message))
      return null
    },
    'messages.edit': ({ conversation, message, text }) => {
      const { id } = this.#ownEntry(conversation, message)
      return this.#say(conversation, { type: 'edit', target: id, text: sanitizeText(text) })
    },
    'messages.delete': ({ conversation, message }) =>
      this.#say(conversation, { type: 'delete', target: this.#ownEntry(conversation, message).id }),
    'messages.react': ({ conversation, message, emoji, isOn }) => {
      const target = this.#entry(conversation, message).id
      return this.#say(conversation, { type: isOn ? 'reaction' : 'unreaction', target, emoji })
    },
    'messages.retry': ({ conversation, message }) => this.#retry(conversation, message),
  }

  /** @throws EngineError `CONVERSATION_NOT_FOUND` */
  conversation(id: string): Conversation {
    return this.#views.conversation(this.#contactOf(id))
  }

  #contactOf(conversation: string): ContactRow {
    const contact = contactByConversation(this.#context.store, conversation)
    if (contact === undefined) throw new EngineError('CONVERSATION_NOT_FOUND')
    return contact
  }

  #tile(idHex: string): Entry {
    const entry = IS_MESSAGE_ID.test(idHex) ? entryById(this.#context.store, fromHex(idHex)) : undefined
    if (entry === undefined || !isTile(entry.kind)) throw new EngineError('MESSAGE_NOT_FOUND')
    return entry
  }

  #entry(conversation: string, idHex: string): Entry {
    const entry = this.#tile(idHex)
    if (entry.conversation !== conversation) throw new EngineError('MESSAGE_NOT_FOUND')
    return entry
  }

  #ownEntry(conversation: string, idHex: string): Entry {
    const entry = this.#entry(conversation, idHex)
    if (entry.author !== this.#context.self.account) throw new EngineError('MESSAGE_NOT_YOURS')
    return entry
  }

  #sayingOf({ conversation, text, replyTo, subject, copy }: In<'messages.send'>): Saying & { readonly type: 'text' } {
    const about = givenSubject(subject ?? '')
    return {
      type: 'text',
      text: sanitizeText(text),
      ...(replyTo === undefined ? {} : { replyTo: this.#entry(conversation, replyTo).id }),
      ...(about === '' ? {} : { subject: about }),
      ...(copy === undefined ? {} : { copy: fromHex(copy) }),
    }
  }

  async #say(conversation: string, saying: Saying): Promise<Message> {
    const contact = this.#contactOf(conversation)
    if (isBlockedAccount(this.#context.store, contact.account)) throw new EngineError('CONTACT_BLOCKED')
    const entry = await this.#turn((now) => compose(this.#context, conversation, saying, now))
    if (saying.type === 'text') return viewNew(entry, saying)
    const [message] = viewMessages(this.#context, 'target' in saying ? [saying.target] : [entry.id])
    if (message === undefined) throw new EngineError('MESSAGE_NOT_FOUND')
    return message
  }

  #turn<T>(prepare: (now: number) => Promise<Apply<T>> | Apply<T>): Promise<T> {
    return this.#context.turns.run('command', () => prepare(this.#context.clock.now()))
  }

  #page({ conversation, limit, before, after, around, subject }: In<'messages.page'>): ResultOf<'messages.page'> {
    this.#contactOf(conversation)
    const filter = subjectFilter(this.#context, subject)
    const middle = around === undefined ? undefined : this.#entry(conversation, around)
    if (middle !== undefined && filter !== undefined && !isAbout(middle, filter))
      throw new EngineError('MESSAGE_NOT_FOUND', 'this message is about something else')
    return viewPage(this.#context, conversation, {
      limit: limitOf(limit),
      subject: filter,
      ...(before === undefined ? {} : { before: this.#entry(conversation, before) }),
      ...(after === undefined ? {} : { after: this.#entry(conversation, after) }),
      ...(middle === undefined ? {} : { around: middle }),
    })
  }

  #discussions(subject: string): ResultOf<'discussions.list'> {
    const { store } = this.#context
    const about = subjectFilter(this.#context, subject) ?? null
    const accounts = new Map(allContacts(store).map(({ conversation, account }) => [conversation, account]))
    const unreads = unreadAbout(store, about)
    const found = conversationsAbout(store, about).flatMap((conversation) => {
      const account = accounts.get(conversation)
      const [last] = tilesBefore(store, conversation, undefined, 1, about)
      return account === undefined || last === undefined ? [] : [{ conversation, account, last }]
    })
    const messages = viewEntries(
      this.#context,
      found.map(({ last }) => last),
    )
    const discussions = found.flatMap(({ conversation, account }, index) => {
      const lastMessage = messages[index]
      const unread = unreads.get(conversation) ?? 0
      return lastMessage === undefined ? [] : [{ conversation, account, lastMessage, unread }]
    })
    return discussions.sort((a, b) => (a.lastMessage.order > b.lastMessage.order ? -1 : 1))
  }

  #discussion({ subject, limit, before }: In<'discussions.page'>): ResultOf<'discussions.page'> {
    const about = subjectFilter(this.#context, subject) ?? null
    const most = limitOf(limit)
    const from = before === undefined ? undefined : this.#tile(before)
    const found = tilesAbout(this.#context.store, about, from, most + 1)
    return { messages: viewEntries(this.#context, found.slice(0, most)), hasBefore: found.length > most }
  }

  #find({ ids = [], copy }: In<'messages.find'>): Message[] {
    const copies = copy === undefined ? [] : copiesOf(this.#context.store, fromHex(copy), COPIES_FOUND_MAX)
    const wanted = new Map([...ids.map(fromHex), ...copies].map((id) => [toHex(id), id]))
    return viewMessages(this.#context, [...wanted.values()])
  }

  async #read({ conversation, upTo, subject }: In<'conversations.read'>): Promise<null> {
    this.#contactOf(conversation)
    const order = upTo === undefined ? undefined : this.#entry(conversation, upTo).order
    await this.#service.read(conversation, order, subjectFilter(this.#context, subject))
    return null
  }

  async #setDraft(conversation: string, text: string): Promise<null> {
    this.#contactOf(conversation)
    const { store, vault, turns } = this.#context
    const draft = text === '' ? null : vault.seal(draftPlace(conversation), utf8(text))
    await turns.run('command', () => (commit) => {
      store.run('UPDATE conversations SET draft_sealed = ? WHERE id = ?', [draft, conversation])
      commit.touchConversation(conversation)
    })
    return null
  }

  async #retry(conversation: string, idHex: string): Promise<Message> {
    const { id, state } = this.#ownEntry(conversation, idHex)
    if (state === 'failed') {
      await this.#context.turns.run('command', () => (commit) => {
        // What waited too long left the outbox without an answer: it has no envelope on its way any more. OFF-11
        this.#context.store.run(
          `UPDATE entries SET state = 0, failure = NULL, attempts = 0,
             is_posted = EXISTS (SELECT 1 FROM outbox WHERE outbox.message = entries.id) WHERE id = ?`,
          [id],
        )
        commit.touchMessage(conversation, idHex)
      })
      this.#service.retry(conversation)
    }
    const [message] = viewMessages(this.#context, [id])
    if (message === undefined) throw new EngineError('MESSAGE_NOT_FOUND')
    return message
  }
}

const isAbout = ({ subject }: Entry, filter: Uint8Array | null): boolean =>
  filter === null ? subject === undefined : subject !== undefined && equalBytes(subject, filter)
