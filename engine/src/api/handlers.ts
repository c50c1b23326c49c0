/** The table's operations, carried out. Parameters were validated by the transport or come from typed code. */
import { parseAccount, safetyNumber, safetyNumberSide, sanitizeName, sanitizeText, toHex } from '@parley/core'
import { readPhrase } from '../account/self.ts'
import { signText, verifyText } from '../account/sign.ts'
import { acceptRequest, addContact, block, declineRequest, unblock } from '../contact/contacts.ts'
import { createInvite, listInvites, revokeInvite } from '../contact/invites.ts'
import type { ContactEvents } from '../contact/requests.ts'
import type { Context } from '../context.ts'
import { ConversationOperations } from '../conversation/operations.ts'
import type { ConversationService } from '../conversation/service.ts'
import type { Views } from '../live/views.ts'
import { pushNodesOfInvite } from '../reach/push-nodes.ts'
import type { ReachService } from '../reach/service.ts'
import { readAppValue, saveAppValue } from '../store/app-values.ts'
import { contactByAccount, saveContact, type ContactRow } from '../store/contacts.ts'
import { devicesOf } from '../store/devices.ts'
import type { Apply } from '../turn/turns.ts'
import { PASSPHRASE_LENGTH_MIN } from '../vault/vault.ts'
import { EngineError } from './errors.ts'
import type { CallName, Contact, Me, Params, QueryName, ResultOf, StreamName } from './schema.ts'
import type { CommandTable, ProfileOperations, QueryTable, ReachOperations, StreamTable } from './tables.ts'

export interface Services {
  readonly context: Context
  readonly views: Views
  readonly service: ConversationService
  readonly events: ContactEvents
  readonly profiles: ProfileOperations
  readonly reach: ReachOperations
  readonly pushNodes: Pick<ReachService, 'addAll'>
}

export class Handlers {
  readonly #context: Context
  readonly #views: Views
  readonly #events: ContactEvents
  readonly #pushNodes: Services['pushNodes']
  readonly #conversations: ConversationOperations
  readonly #queries: QueryTable
  readonly #commands: CommandTable
  readonly #streams: StreamTable
  /** Ends every stream with the engine. */
  readonly #closing = new AbortController()
  /** Thousands of rounds of SHA-512 each, so computed once per contact. */
  readonly #safetyNumbers = new Map<string, string>()

  constructor({ context, views, service, events, profiles, reach, pushNodes }: Services) {
    this.#context = context
    this.#views = views
    this.#events = events
    this.#pushNodes = pushNodes
    this.#conversations = new ConversationOperations({ context, views, service })
    this.#queries = { ...this.#ownQueries, ...this.#conversations.queries, ...profiles.queries, ...reach.queries }
    this.#commands = { ...this.#ownCommands, ...this.#conversations.commands, ...profiles.commands, ...reach.commands }
    this.#streams = { ...profiles.streams }
  }

  async run<N extends CallName>(name: N, params: Params<N>): Promise<ResultOf<N>> {
    const commands: Partial<Record<CallName, (params: never) => unknown>> = this.#commands
    const handler = commands[name]
    const result = handler === undefined ? this.query(name as QueryName, params) : handler(params as never)
    return (await result) as ResultOf<N>
  }

  /** True for what only reads. */
  isQuery(name: CallName): boolean {
    return Object.hasOwn(this.#queries, name)
  }

  query<N extends QueryName>(name: N, params: Params<N>): ResultOf<N> {
    return this.#queries[name](params)
  }

  /** Throws the reason when `signal` aborts, EngineError `CLOSED` when the engine is closed. */
  async *stream<N extends StreamName>(
    name: N,
    params: Params<N>,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<ResultOf<N>, void> {
    const { signal: closing } = this.#closing
    const either = signal === undefined ? closing : AbortSignal.any([signal, closing])
    either.throwIfAborted()
    const items = this.#streams[name](params, either)[Symbol.asyncIterator]()
    // One that waits for its reader hears no signal: leaving it is what cancels it.
    const leave = (): void => void items.return?.().catch(() => undefined)
    either.addEventListener('abort', leave, { once: true })
    try {
      for (let item = await items.next(); item.done !== true; item = await items.next()) {
        either.throwIfAborted()
        yield item.value
      }
      either.throwIfAborted()
    } finally {
      either.removeEventListener('abort', leave)
      leave()
    }
  }

  /** Streams that run end. */
  close(): void {
    this.#closing.abort(new EngineError('CLOSED'))
  }

  readonly #ownQueries: Omit<
    QueryTable,
    keyof ConversationOperations['queries'] | keyof ProfileOperations['queries'] | keyof ReachOperations['queries']
  > = {
    'me.get': () => this.#views.me(),
    'app.get': ({ key }) => ({ value: readAppValue(this.#context.store, this.#context.vault, key) }),
    'invites.list': () => listInvites(this.#context),
    'contacts.list': () => this.#views.contacts(),
    'contacts.safetyNumber': ({ account }) => this.#safetyNumber(account),
    'requests.list': () => this.#views.requests(),
    'blocks.list': () => this.#views.blocks(),
    'network.get': () => this.#views.network(),
  }

  readonly #ownCommands: Omit<
    CommandTable,
    keyof ConversationOperations['commands'] | keyof ProfileOperations['commands'] | keyof ReachOperations['commands']
  > = {
    'me.update': (params) => this.#updateMe(params),
    'me.recoveryPhrase': async () => ({ phrase: readPhrase(this.#context) }),
    'me.confirmRecoveryPhrase': () => this.#saveSettings({ isRecoveryPhraseConfirmed: true }),
    'me.setPassphrase': (params) => this.#setPassphrase(params),
    'me.sign': ({ text }) => signText(this.#context, text),
    'me.verify': async (params) => ({ isValid: await verifyText(this.#context, params) }),
    'app.set': ({ key, value }) => this.#setAppValue(key, value),
    'invites.create': () => this.#turn((now) => createInvite(this.#context, now)),
    'invites.revoke': ({ id }) => this.#turn(() => revokeInvite(this.#context, id)),
    'contacts.add': async ({ link, text, usePushNodes = false }) => {
      const words = text === undefined ? undefined : sanitizeText(text)
      const conversation = this.#conversations.conversation(
        await this.#turnAlone((now) => addContact(this.#context, this.#events, { link, text: words }, now)),
      )
      if (usePushNodes) await this.#useTheirs(link)
      return conversation
    },
    'contacts.rename': ({ account, name }) =>
      this.#changeContact(account, (contact) => ({ ...contact, givenName: sanitizeName(name) })),
    'contacts.verify': ({ account, isVerified }) =>
      this.#changeContact(account, (contact) => ({ ...contact, isVerified })),
    'requests.accept': async ({ id }) =>
      this.#conversations.conversation(
        await this.#turnAlone((now) => acceptRequest(this.#context, this.#events, id, now)),
      ),
    'requests.decline': ({ id }) => this.#turn(() => declineRequest(this.#context, id)),
    'blocks.add': ({ account }) => this.#turnAlone((now) => block(this.#context, account, now)),
    'blocks.remove': ({ account }) => this.#turn(() => unblock(this.#context, account, this.#events)),
  }

  /** As many of the inviter's push nodes as there is room for: the contact is added already, with or without them. */
  async #useTheirs(link: string): Promise<void> {
    for (const node of pushNodesOfInvite(link)) {
      await this.#pushNodes.addAll([node]).catch((error: unknown) => {
        if (!(error instanceof EngineError) || error.code === 'INTERNAL') throw error
        this.#context.log.log('info', 'a push node of an invite is not used', { reason: error.code })
      })
    }
  }

  #turn<T>(prepare: (now: number) => Promise<Apply<T>> | Apply<T>): Promise<T> {
    return this.#context.turns.run('command', () => prepare(this.#context.clock.now()))
  }

  /** For what decides by contacts and keys in the store, or is to be decided by before the next job. */
  #turnAlone<T>(prepare: (now: number) => Promise<Apply<T>> | Apply<T>): Promise<T> {
    return this.#context.turns.runAlone('command', () => prepare(this.#context.clock.now()))
  }

  async #updateMe({ settings }: Params<'me.update'>): Promise<Me> {
    const { sendsTyping, sendsReadReceipts, presence } = settings
    return this.#saveSettings({
      ...(sendsTyping === undefined ? {} : { sendsTyping }),
      ...(sendsReadReceipts === undefined ? {} : { sendsReadReceipts }),
      ...(presence === undefined ? {} : { presence }),
    })
  }

  async #setAppValue(key: string, value: string | null): Promise<null> {
    const { store, vault, turns } = this.#context
    if (!key.isWellFormed() || value?.isWellFormed() === false)
      throw new EngineError('INVALID_PARAMETERS', 'a key and a value are well-formed text')
    await turns.run('command', () => (commit) => {
      saveAppValue(store, vault, key, value)
      commit.touch('app')
    })
    return null
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
