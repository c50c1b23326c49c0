/** The table's operations, carried out. Parameters were validated by the transport or come from typed code. */
import {
  fromHex,
  NAME_LETTERS_MAX,
  parseAccount,
  safetyNumber,
  safetyNumberSide,
  sanitizeName,
  sanitizeText,
  toHex,
  utf8,
  type Saying,
} from '@parley/core'
import { readPhrase } from '../account/self.ts'
import { acceptRequest, addContact, block, declineRequest, unblock } from '../contact/contacts.ts'
import { createInvite, listInvites, revokeInvite } from '../contact/invites.ts'
import type { ContactEvents } from '../contact/requests.ts'
import type { Context } from '../context.ts'
import { compose } from '../conversation/compose.ts'
import type { ConversationService } from '../conversation/service.ts'
import { viewMessages, viewNew, viewPage } from '../conversation/view.ts'
import { draftPlace, type Views } from '../live/views.ts'
import {
  contactByAccount,
  contactByConversation,
  isBlockedAccount,
  saveContact,
  type ContactRow,
} from '../store/contacts.ts'
import { devicesOf } from '../store/devices.ts'
import { entryById, isTile, type Entry } from '../store/entries.ts'
import type { Apply } from '../turn/turns.ts'
import { PASSPHRASE_LENGTH_MIN } from '../vault/vault.ts'
import { EngineError } from './errors.ts'
import type { Contact, Conversation, Me, Message, OperationName, Params, QueryName, ResultOf } from './schema.ts'

const IS_MESSAGE_ID = /^[0-9a-f]{64}$/
const PAGE_LIMIT_DEFAULT = 50
const PAGE_LIMIT_MAX = 200

interface Services {
  readonly context: Context
  readonly views: Views
  readonly service: ConversationService
  readonly events: ContactEvents
}

type QueryTable = { readonly [N in QueryName]: (params: Params<N>) => ResultOf<N> }
type CommandTable = { readonly [N in Exclude<OperationName, QueryName>]: (params: Params<N>) => Promise<ResultOf<N>> }

export class Handlers {
  readonly #context: Context
  readonly #views: Views
  readonly #service: ConversationService
  readonly #events: ContactEvents
  /** Thousands of rounds of SHA-512 each, so computed once per contact. */
  readonly #safetyNumbers = new Map<string, string>()

  constructor({ context, views, service, events }: Services) {
    this.#context = context
    this.#views = views
    this.#service = service
    this.#events = events
  }

  async run<N extends OperationName>(name: N, params: Params<N>): Promise<ResultOf<N>> {
    const commands: Partial<Record<OperationName, (params: never) => unknown>> = this.#commands
    const handler = commands[name]
    const result = handler === undefined ? this.query(name as QueryName, params) : handler(params as never)
    return (await result) as ResultOf<N>
  }

  query<N extends QueryName>(name: N, params: Params<N>): ResultOf<N> {
    return this.#queries[name](params)
  }

  readonly #queries: QueryTable = {
    'me.get': () => this.#views.me(),
    'invites.list': () => listInvites(this.#context),
    'contacts.list': () => this.#views.contacts(),
    'contacts.safetyNumber': ({ account }) => this.#safetyNumber(account),
    'requests.list': () => this.#views.requests(),
    'conversations.list': () => this.#views.conversations(),
    'messages.page': (params) => this.#page(params),
    'network.get': () => this.#views.network(),
  }

  readonly #commands: CommandTable = {
    'me.update': (params) => this.#updateMe(params),
    'me.recoveryPhrase': async () => ({ phrase: readPhrase(this.#context) }),
    'me.confirmRecoveryPhrase': () => this.#saveSettings({ isRecoveryPhraseConfirmed: true }),
    'me.setPassphrase': (params) => this.#setPassphrase(params),
    'invites.create': () => this.#turn((now) => createInvite(this.#context, now)),
    'invites.revoke': ({ id }) => this.#turn(() => revokeInvite(this.#context, id)),
    'contacts.add': async ({ link, text }) => {
      const words = text === undefined ? undefined : sanitizeText(text)
      return this.#conversation(
        await this.#turnAlone((now) => addContact(this.#context, this.#events, { link, text: words }, now)),
      )
    },
    'contacts.rename': ({ account, name }) =>
      this.#changeContact(account, (contact) => ({ ...contact, givenName: sanitizeName(name) })),
    'contacts.verify': ({ account, isVerified }) =>
      this.#changeContact(account, (contact) => ({ ...contact, isVerified })),
    'requests.accept': async ({ id }) =>
      this.#conversation(await this.#turnAlone((now) => acceptRequest(this.#context, this.#events, id, now))),
    'requests.decline': ({ id }) => this.#turn(() => declineRequest(this.#context, id)),
    'conversations.read': ({ conversation, upTo }) => this.#read(conversation, upTo),
    'conversations.setDraft': ({ conversation, text }) => this.#setDraft(conversation, text),
    'conversations.typing': async ({ conversation }) => {
      this.#contactOf(conversation)
      await this.#service.sendTyping(conversation)
      return null
    },
    'messages.send': ({ conversation, text, replyTo }) =>
      this.#say(conversation, {
        type: 'text',
        text: sanitizeText(text),
        ...(replyTo === undefined ? {} : { replyTo: this.#entry(conversation, replyTo).id }),
      }),
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
    'blocks.add': ({ account }) => this.#turnAlone((now) => block(this.#context, account, now)),
    'blocks.remove': ({ account }) => this.#turn(() => unblock(this.#context, account, this.#events)),
  }

  #turn<T>(prepare: (now: number) => Promise<Apply<T>> | Apply<T>): Promise<T> {
    return this.#context.turns.run('command', () => prepare(this.#context.clock.now()))
  }

  /** For what decides by contacts and keys in the store, or is to be decided by before the next job. */
  #turnAlone<T>(prepare: (now: number) => Promise<Apply<T>> | Apply<T>): Promise<T> {
    return this.#context.turns.runAlone('command', () => prepare(this.#context.clock.now()))
  }

  #contactOf(conversation: string): ContactRow {
    const contact = contactByConversation(this.#context.store, conversation)
    if (contact === undefined) throw new EngineError('CONVERSATION_NOT_FOUND')
    return contact
  }

  #conversation(id: string): Conversation {
    return this.#views.conversation(this.#contactOf(id))
  }

  #entry(conversation: string, idHex: string): Entry {
    const entry = IS_MESSAGE_ID.test(idHex) ? entryById(this.#context.store, fromHex(idHex)) : undefined
    if (entry === undefined || entry.conversation !== conversation || !isTile(entry.kind))
      throw new EngineError('MESSAGE_NOT_FOUND')
    return entry
  }

  #ownEntry(conversation: string, idHex: string): Entry {
    const entry = this.#entry(conversation, idHex)
    if (entry.author !== this.#context.self.account) throw new EngineError('MESSAGE_NOT_YOURS')
    return entry
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

  #page({
    conversation,
    limit = PAGE_LIMIT_DEFAULT,
    before,
    after,
    around,
  }: Params<'messages.page'>): ResultOf<'messages.page'> {
    this.#contactOf(conversation)
    return viewPage(this.#context, conversation, {
      limit: Math.max(1, Math.min(limit, PAGE_LIMIT_MAX)),
      ...(before === undefined ? {} : { before: this.#entry(conversation, before) }),
      ...(after === undefined ? {} : { after: this.#entry(conversation, after) }),
      ...(around === undefined ? {} : { around: this.#entry(conversation, around) }),
    })
  }

  async #read(conversation: string, upTo: string | undefined): Promise<null> {
    this.#contactOf(conversation)
    await this.#service.read(conversation, upTo === undefined ? undefined : this.#entry(conversation, upTo).order)
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

  async #updateMe({ name, settings }: Params<'me.update'>): Promise<Me> {
    const change = {
      ...(name === undefined ? {} : { name: sanitizeName(name, NAME_LETTERS_MAX) }),
      ...(settings?.sendsTyping === undefined ? {} : { sendsTyping: settings.sendsTyping }),
      ...(settings?.sendsReadReceipts === undefined ? {} : { sendsReadReceipts: settings.sendsReadReceipts }),
    }
    return this.#saveSettings(change)
  }

  async #saveSettings(change: Parameters<Context['settings']['save']>[0]): Promise<Me> {
    const { turns, settings } = this.#context
    const saved = turns.run('command', () => (commit) => {
      settings.save(change)
      commit.touch('me')
    })
    await saved.catch((error: unknown) => {
      settings.reload()
      throw error
    })
    return this.#views.me()
  }

  async #setPassphrase({ passphrase, current }: Params<'me.setPassphrase'>): Promise<Me> {
    const { vault, turns, store } = this.#context
    if (passphrase !== '' && passphrase.length < PASSPHRASE_LENGTH_MIN) throw new EngineError('PASSPHRASE_TOO_SHORT')
    if (vault.hasPassphrase && !(await vault.isPassphrase(current ?? ''))) throw new EngineError('PASSPHRASE_WRONG')
    await turns.run('command', async () => {
      const rewrap = await vault.prepareRewrap(passphrase === '' ? undefined : passphrase)
      return (commit) => {
        rewrap.save()
        commit.touch('me')
        commit.afterwards(rewrap.adopt)
        // The old wrapping must not stay readable in the write-ahead log.
        commit.afterwards(() => store.all('PRAGMA wal_checkpoint(TRUNCATE)'))
      }
    })
    return this.#views.me()
  }

  #safetyNumber(account: string): ResultOf<'contacts.safetyNumber'> {
    const { store, self } = this.#context
    const contact = contactByAccount(store, account)
    const inception = devicesOf(store, account).find((device) => device.inception !== undefined)?.inception
    const rootKey = parseAccount(account)
    const own = safetyNumberSide(self.log)
    if (contact === undefined || inception === undefined || rootKey === undefined || own === undefined) {
      throw new EngineError('CONTACT_NOT_FOUND', 'nothing is known of their keys before the first contact')
    }
    const key = `${account} ${toHex(inception)}`
    const digits = this.#safetyNumbers.get(key) ?? safetyNumber(own, { account, rootKey, logInception: inception })
    this.#safetyNumbers.set(key, digits)
    return { digits, isVerified: contact.isVerified }
  }

  async #changeContact(account: string, change: (contact: ContactRow) => ContactRow): Promise<Contact> {
    const { store, turns } = this.#context
    const changed = await turns.run('command', () => (commit) => {
      // Read here and not before: the contact may have become active meanwhile.
      const contact = contactByAccount(store, account)
      if (contact === undefined) throw new EngineError('CONTACT_NOT_FOUND')
      saveContact(store, change(contact))
      commit.touch('contacts')
      commit.touchConversation(contact.conversation)
      return change(contact)
    })
    return this.#views.contact(changed)
  }
}
