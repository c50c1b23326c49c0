/** One open account: its store, its keys, its links, and the one table of commands and queries over them. */
import { directConversationId, fromHex, OUTER_VERSION, sanitizeName, type MlsContext } from '@parley/core'
import { createAuthenticator } from './account/authenticator.ts'
import { openSelf, type Self } from './account/self.ts'
import type { ApiClient, LiveQuery } from './api/client.ts'
import { EngineError } from './api/errors.ts'
import type { CallName, EventName, EventOf, Params, QueryName, Reach, ResultOf, StreamName } from './api/schema.ts'
import { Handlers } from './api/handlers.ts'
import { askForBundle, giveBundle, takeBundle } from './contact/contacts.ts'
import { receiveSealed, type ContactEvents } from './contact/requests.ts'
import { askForKeys, restartGroup } from './contact/restart.ts'
import type { Context } from './context.ts'
import { ConversationCache } from './conversation/cache.ts'
import { receiveOuter, writeReceived, type Outcome } from './conversation/receive.ts'
import type { RefusalOutcome } from './conversation/refusals.ts'
import { ConversationService } from './conversation/service.ts'
import { viewMessages } from './conversation/view.ts'
import type { ExchangeFrame, Session, SessionDelegate } from './links/session.ts'
import { LateNetwork } from './links/late-network.ts'
import { Sessions } from './links/sessions.ts'
import { Live } from './live/live.ts'
import { Views, type ShownPeople } from './live/views.ts'
import { Mailbox } from './mailbox/mailbox.ts'
import type { Cancel } from './ports/clock.ts'
import type { Ports } from './ports/index.ts'
import { Presences } from './presence/presence.ts'
import { profileOperations } from './profile/operations.ts'
import { ProfileService } from './profile/service.ts'
import { reachOperations } from './reach/operations.ts'
import { keptPushNodes } from './reach/push-nodes.ts'
import { ReachService } from './reach/service.ts'
import { contactByAccount, contactByConversation } from './store/contacts.ts'
import { heardFrom } from './store/devices.ts'
import type { OutboxRow } from './store/outbox.ts'
import { migrate } from './store/schema.ts'
import { deleteExpiredSecrets } from './store/secrets.ts'
import { SettingsTable } from './store/settings.ts'
import type { Commit } from './turn/commit.ts'
import { toEngineError } from './told.ts'
import { Turns } from './turn/turns.ts'
import { openVault } from './vault/vault.ts'

export interface EngineOptions {
  /** What the account calls itself, for a new account only. */
  readonly name?: string
  /** Restores an account in a new database. */
  readonly recoveryPhrase?: string
  /** Opens a sealed database, or seals a new one. */
  readonly passphrase?: string
  /** Who may reach this node, instead of what was chosen before; until it is changed. Default: as chosen, or `computer`. */
  readonly reach?: Reach
  /** Does not wait for the network: {@link openEngine} resolves as soon as queries can be answered. */
  readonly isEarly?: boolean
}

/** How often a running engine forgets keys that have expired. */
const CLEAN_UP_INTERVAL_MS = 6 * 3_600_000

export interface Engine extends ApiClient, AsyncDisposable {
  /**
   * Resolves when the network listens and contacts are reached for; until then queries are answered from the store and
   * commands wait. Rejects with what the network could not be made for; then nothing but queries works. NODE-15
   */
  readonly connected: Promise<void>
}

/**
 * Opens the account of `ports.store`, making one when the store is empty, and connects it.
 *
 * Resolves when the network listens, unless it is early; contacts are reached for afterwards. Dispose to stop: links
 * end, waiting commits finish, the store is closed.
 * @throws EngineError `LOCKED`, `PASSPHRASE_WRONG`, `RECOVERY_PHRASE_INVALID`, `ACCOUNT_IN_USE`; PortError of the ports.
 */
export async function openEngine(ports: Ports, options: EngineOptions = {}): Promise<Engine> {
  const { store, clock, random, crypto } = ports
  migrate(store)
  const vault = await openVault({ store, crypto, random }, options.passphrase)
  const now = clock.now()
  const self = await openSelf({ store, vault, crypto, random }, now, options.recoveryPhrase)
  const settings = SettingsTable.open(store, { name: sanitizeName(options.name ?? ''), createdAt: now })
  const wish = {
    reach: options.reach ?? settings.current.reach ?? 'computer',
    pushNodes: keptPushNodes(store).map(({ addresses }) => addresses),
  }
  const known = { reach: wish.reach, ...ports.networkAtStart }
  const network = new LateNetwork(self.peerId, () => ports.createNetwork(self.deviceSeed, wish), known)
  const isReachGiven = options.reach !== undefined
  const engine = new OpenEngine(ports, { self, settings, vault, network, isReachGiven })
  if (options.isEarly === true) return engine
  try {
    await engine.connected
  } catch (error) {
    await engine[Symbol.asyncDispose]()
    throw error
  }
  return engine
}

interface Opened {
  readonly self: Self
  readonly settings: SettingsTable
  readonly vault: Context['vault']
  readonly network: LateNetwork
  readonly isReachGiven: boolean
}

class OpenEngine implements Engine, SessionDelegate, ContactEvents {
  readonly #context: Context
  readonly #live: Live
  readonly #views: Views
  readonly #service: ConversationService
  readonly #handlers: Handlers
  readonly #mailbox: Mailbox
  readonly #profiles: ProfileService
  readonly #presences: Presences
  readonly #reach: ReachService
  readonly #network: LateNetwork
  readonly connected: Promise<void>
  #isConnected = false
  #isClosed = false
  #cleaning: Cancel | undefined

  constructor(ports: Ports, { self, settings, vault, network, isReachGiven }: Opened) {
    const { store, clock, random, crypto, log } = ports
    const failed = (error: unknown) => log.log('error', 'unexpected failure', { error: String(error) })
    const mls: MlsContext = { crypto, random, authenticate: createAuthenticator(crypto) }
    const conversations = new ConversationCache(store, vault, mls, self.account)
    const context = () => this.#context
    this.#service = new ConversationService(context, {
      typingNoticed: (conversation, account, subject) =>
        this.#live.emit('typing.noticed', { conversation, account, subject }),
      typingChanged: () => this.#live.touched(new Set(['conversations'])),
      askAgain: (conversation) => askForKeys(this.#context, conversation),
      restart: (conversation) => restartGroup(this.#context, conversation),
    })
    const platform = { store, vault, account: self.account, openNames: ports.openNames }
    this.#profiles = new ProfileService(context, platform, () => network.mailbox, {
      changed: (profiles) => this.#live.emit('profiles.changed', { profiles: [...profiles] }),
    })
    this.#presences = new Presences(context, () => this.#live.touched(new Set(['conversations'])))
    const people: ShownPeople = {
      profile: (account) => this.#profiles.cache.shown(account)?.profile,
      presence: (contact, isBlocked) => this.#presences.of(contact, isBlocked),
    }
    const reachEvents = {
      changed: () => this.#live.touched(new Set(['network'])),
      addressesChanged: () => this.#mailbox.invitesChanged(),
    }
    this.#reach = new ReachService(context, reachEvents, isReachGiven)
    this.#views = new Views(context, this.#service, { people, reach: this.#reach, storage: ports.storage?.kind })
    this.#live = new Live(clock, (ids) => viewMessages(this.#context, ids.map(fromHex)), failed)
    const turns = new Turns({
      store,
      stage: conversations,
      published: (commit) => this.#publish(commit),
      failed,
      closing: () => this.#service.closeBatch(),
      breathe: ports.breathe,
    })
    const sessions = new Sessions(context, network, this)
    this.#context = {
      store,
      clock,
      random,
      crypto,
      log,
      vault,
      self,
      mls,
      settings,
      conversations,
      turns,
      sessions,
      breathe: ports.breathe ?? (() => new Promise((resolve) => void clock.after(0, resolve))),
    }
    this.#mailbox = new Mailbox(context, {
      events: { receiver: this.#service, contacts: this },
      storage: ports.storage,
      openReaders: ports.openReaders,
    })
    this.#handlers = new Handlers({
      context: this.#context,
      views: this.#views,
      service: this.#service,
      events: this,
      profiles: profileOperations(this.#profiles, this.#presences),
      reach: reachOperations(context, this.#reach, {
        network: () => this.#views.network(),
        profileName: (account) => people.profile(account)?.name,
      }),
      pushNodes: this.#reach,
    })
    this.#network = network
    this.connected = this.#start()
    // Whoever waits for it is told; when nobody does, commands are.
    this.connected.catch(() => undefined)
  }

  async #start(): Promise<void> {
    await this.#cleanUp()
    await this.#context.sessions.start()
    await this.#profiles.start()
    this.#service.start()
    this.#mailbox.start()
    this.#reach.start()
    this.#isConnected = true
  }

  /** Keys whose time is over go at once at a start, and then while the engine runs. FST-10 */
  async #cleanUp(): Promise<void> {
    const { store, turns, clock } = this.#context
    this.#cleaning = clock.after(CLEAN_UP_INTERVAL_MS, () => this.#background(this.#cleanUp()))
    await turns.run('input', () => () => {
      deleteExpiredSecrets(store, clock.now())
      store.run('DELETE FROM seen_seals WHERE expires_at <= ?', [clock.now()])
    })
  }

  async call<N extends CallName>(name: N, params: Params<N>): Promise<ResultOf<N>> {
    if (this.#isClosed) throw new EngineError('CLOSED')
    try {
      if (!this.#isConnected && !this.#handlers.isQuery(name)) await this.#untilConnected()
      return await this.#handlers.run(name, params)
    } catch (error) {
      throw this.#told(error)
    }
  }

  async *stream<N extends StreamName>(
    name: N,
    params: Params<N>,
    signal?: AbortSignal,
  ): AsyncGenerator<ResultOf<N>, void> {
    signal?.throwIfAborted()
    if (this.#isClosed) throw new EngineError('CLOSED')
    try {
      if (!this.#isConnected) await this.#untilConnected()
      yield* this.#handlers.stream(name, params, signal)
    } catch (error) {
      throw signal?.aborted === true ? signal.reason : this.#told(error)
    }
  }

  async #untilConnected(): Promise<void> {
    try {
      await this.connected
    } catch (error) {
      // Whoever opened us is told why, and ends us.
      throw new EngineError('CLOSED', 'The network could not be had.', { cause: error })
    }
    if (this.#isClosed) throw new EngineError('CLOSED')
  }

  #told(error: unknown): EngineError {
    const told = toEngineError(error)
    if (told.code === 'INTERNAL') this.#context.log.log('error', 'unexpected failure', { error: String(error) })
    return told
  }

  live<N extends QueryName>(name: N, params: Params<N>): LiveQuery<ResultOf<N>> {
    return this.#live.open(name, () => this.#handlers.query(name, params))
  }

  on<E extends EventName>(event: E, handler: (payload: EventOf<E>) => void): () => void {
    return this.#live.on(event, handler)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#cleaning?.()
    if (!this.#isConnected) await this.#giveUpConnecting()
    this.#handlers.close()
    this.#service.stop()
    await this.#reach.stop()
    await this.#presences.stop()
    await this.#profiles.stop()
    await this.#mailbox.stop()
    await this.#context.sessions.stop()
    await this.#context.turns.close()
    this.#live.close()
    this.#context.store.close()
  }

  /** What has begun runs to its end first, so that nothing of it goes on after us. */
  async #giveUpConnecting(): Promise<void> {
    await this.#network.stop()
    await this.connected.catch(() => undefined)
    // Set by its last step, or never.
    this.#isConnected = false
  }

  // What links report

  opened(session: Session): void {
    const { store, self, clock, turns } = this.#context
    const { account, peerId } = session
    if (account === undefined) return
    const heard = (commit: Commit) => {
      heardFrom(store, peerId, clock.now())
      commit.touch('network')
    }
    this.#background(turns.run('input', () => heard))
    askForBundle(this.#context, session)
    if (contactByAccount(store, account)?.status === 'active') {
      this.#service.opened(directConversationId(self.account, account))
    }
    this.#profiles.opened(session)
    this.#presences.opened(session)
    this.#reach.peopleChanged()
    this.networkChanged()
  }

  closed(session: Session): void {
    this.#mailbox.disconnected(session.peerId)
    this.#profiles.closed(session)
    this.#presences.closed(session)
    this.#reach.peopleChanged()
    this.networkChanged()
  }

  networkChanged(): void {
    this.#reach.moved()
    this.#profiles.moved()
    this.#live.touched(new Set(['network']))
  }

  exchanged(session: Session, frame: ExchangeFrame): void {
    if (frame.type === 'presence') this.#presences.onFrame(session, frame.status, frame.seenAt)
    else this.#profiles.onFrame(session, frame)
  }

  drained(session: Session): void {
    this.#presences.drained(session)
    this.#profiles.drained(session)
  }

  profileHeard(topic: number, record: Uint8Array): void {
    this.#profiles.heard(topic, record)
  }

  /** Devices whose account is proven may ask, as long as it is one of a contact. NET-12 */
  mayAskDialBack(peerId: string): boolean {
    const { sessions, store } = this.#context
    const account = sessions.open.find((session) => session.peerId === peerId)?.account
    return account !== undefined && contactByAccount(store, account)?.status === 'active'
  }

  localPeerFound(tag: string, address: string): void {
    this.#reach.found(tag, address)
  }

  woken(topic: number, hint: Uint8Array): void {
    this.#mailbox.woken(topic, hint)
  }

  pushNodesChanged(): void {
    this.#mailbox.pushNodesChanged()
    this.#profiles.pushNodesChanged()
    this.#reach.pushNodesChanged()
    this.networkChanged()
  }

  receive(session: Session, envelope: Uint8Array): Promise<Outcome> {
    const { turns, clock } = this.#context
    const { account, peerId } = session
    if (account === undefined) return Promise.resolve({ type: 'nothing' })
    return envelope[0] === OUTER_VERSION
      ? turns.run('input', async () =>
          writeReceived(await receiveOuter(this.#context, this.#service, { account, peerId }, envelope, clock.now())),
        )
      : turns.runAlone('input', async () =>
          writeReceived(await receiveSealed(this.#context, this, envelope, clock.now())),
        )
  }

  acknowledged(session: Session, rows: readonly OutboxRow[]): Promise<void> {
    return this.#service.acknowledged(session, rows)
  }

  refused(_session: Session, row: OutboxRow, reason: string): Promise<RefusalOutcome> {
    return this.#service.refused(row, reason)
  }

  liveRefused({ account }: Session, reason: string): void {
    const { store, self } = this.#context
    if (account === undefined || contactByAccount(store, account)?.status !== 'active') return
    this.#service.liveRefused(directConversationId(self.account, account), reason)
  }

  bundleWanted(session: Session): Promise<void> {
    return giveBundle(this.#context, session)
  }

  bundleReceived(session: Session, bundle: Uint8Array): Promise<boolean> {
    const { turns, clock } = this.#context
    return turns.runAlone('input', () => takeBundle(this.#context, session, bundle, clock.now()))
  }

  // What contacts report

  activated(commit: Commit, conversation: string): void {
    commit.afterwards(() => {
      this.#service.activated(conversation)
      const contact = contactByConversation(this.#context.store, conversation)
      if (contact === undefined) return
      this.#profiles.befriended(contact.account)
      this.#presences.befriended(contact.account)
      this.#context.sessions.befriended(contact.account)
    })
  }

  #background(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#context.log.log('warn', 'work for a link failed', { error: String(error) }))
  }

  #publish(commit: Commit): void {
    for (const peerId of commit.wakes) {
      this.#context.sessions.wake(peerId)
      this.#mailbox.wake(peerId)
    }
    if (commit.isReleasing) this.#mailbox.released()
    if (commit.topics.has('invites')) this.#mailbox.invitesChanged()
    if (commit.topics.has('invites') || commit.topics.has('contacts')) this.#reach.peopleChanged()
    if (commit.topics.has('contacts')) this.#mailbox.contactsChanged()
    this.#views.forget(commit.conversations)
    if (commit.topics.has('contacts')) {
      this.#views.forgetAll()
      this.#profiles.listen()
    }
    if (commit.topics.has('me')) this.#presences.tell()
    if (commit.topics.has('invites')) this.#profiles.moved()
    this.#live.messagesChanged(commit.messages)
    this.#live.touched(commit.topics)
  }
}
