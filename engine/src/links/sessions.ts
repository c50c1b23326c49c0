/**
 * Links to devices: dialled and kept, authenticated both ways before anything else, then carrying envelopes one way and
 * acknowledgements the other. Spec: WIRE-3, DLV-1…DLV-13.
 */
import type { Context } from '../context.ts'
import type { MailboxPort } from '../ports/mailbox.ts'
import type { Link, NetworkPort, NetworkStatus } from '../ports/network.ts'
import type { ReachPort } from '../ports/reach.ts'
import type { ProfilePushPort } from '../ports/profiles.ts'
import { contactByAccount } from '../store/contacts.ts'
import { peersWithOutbox } from '../store/outbox.ts'
import { INBOX_LIMITS } from './envelope-inbox.ts'
import { InboxTotal } from './inbox-total.ts'
import { Keeper } from './keeper.ts'
import { Session, type SessionDelegate } from './session.ts'

/** Links whose other end has not proven an account yet; more are closed at once. */
const UNAUTHENTICATED_LINKS_MAX = 64

export class Sessions {
  readonly #context: () => Context
  readonly #network: NetworkPort
  readonly #delegate: SessionDelegate
  readonly #keeper: Keeper
  readonly #inboxes: InboxTotal
  /** Every open session; at most one authenticated per peer id. */
  readonly #sessions = new Set<Session>()
  readonly #byPeer = new Map<string, Session>()
  #isStopped = false

  constructor(context: () => Context, network: NetworkPort, delegate: SessionDelegate, limits = INBOX_LIMITS) {
    this.#context = context
    this.#network = network
    this.#delegate = delegate
    this.#inboxes = new InboxTotal(limits)
    this.#keeper = new Keeper(context, network, (peerId) => this.#byPeer.has(peerId))
  }

  async start(): Promise<void> {
    await this.#network.start({
      onLink: (link) => this.#onLink(link),
      onStatus: () => this.#delegate.networkChanged(),
      onNetworkChanged: () => this.#keeper.networkChanged(),
      onWake: (topic, hint) => this.#delegate.woken(topic, hint),
      mayAskDialBack: (peerId) => !this.#isStopped && this.#delegate.mayAskDialBack(peerId),
      onLocalPeer: (tag, address) => this.#delegate.localPeerFound(tag, address),
      onPushNodes: () => this.#delegate.pushNodesChanged(),
      onProfile: (topic, record) => this.#delegate.profileHeard(topic, record),
    })
    for (const peerId of peersWithOutbox(this.#context().store)) this.wake(peerId)
    this.#keeper.keepAll()
  }

  /** There is something for this device, or a new contact to reach. */
  wake(peerId: string): void {
    if (this.#isStopped) return
    const session = this.#byPeer.get(peerId)
    if (session === undefined) this.#keeper.keep(peerId)
    else session.pump()
  }

  /** This account is a contact from now on. */
  befriended(account: string): void {
    for (const session of this.ofAccount(account)) this.#permitDirect(session)
  }

  /** Sends an envelope that may be lost to every connected device of an account. */
  sendToAccount(account: string, envelope: Uint8Array): void {
    for (const session of this.ofAccount(account)) session.sendLive(envelope)
  }

  ofAccount(account: string): readonly Session[] {
    return [...this.#byPeer.values()].filter((session) => session.account === account)
  }

  get open(): readonly Session[] {
    return [...this.#byPeer.values()]
  }

  /** Requests to push nodes and DHT peers. */
  get mailbox(): MailboxPort {
    return this.#network.mailbox
  }

  /** Who may reach us, and what others say of it. */
  get reach(): ReachPort {
    return this.#network.reach
  }

  /** A device that we want to reach may be at this address, as somebody says: it is tried at once. */
  found(peerId: string, address: string): void {
    if (!this.#isStopped) this.#keeper.found(peerId, address)
  }

  /** Public profiles of the moment. */
  get profiles(): ProfilePushPort {
    return this.#network.profiles
  }

  isConnected(peerId: string): boolean {
    return this.#byPeer.has(peerId)
  }

  /** Acknowledgements of this device stay out. */
  check(peerId: string): void {
    this.#network.check(peerId)
  }

  get status(): NetworkStatus {
    return this.#network.status()
  }

  /** Blocked means blocked at once: every link to the account ends now. */
  drop(account: string): void {
    for (const session of [...this.#sessions]) if (session.account === account) session.close()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#keeper.stop()
    for (const session of [...this.#sessions]) session.close()
    await this.#network.stop()
  }

  #onLink(link: Link): void {
    const waiting = [...this.#sessions].filter((session) => session.account === undefined)
    if (this.#isStopped || waiting.length >= UNAUTHENTICATED_LINKS_MAX) {
      link.close()
      return
    }
    const events = { opened: () => this.#onOpened(session), closed: () => this.#onClosed(session) }
    const session = new Session(this.#context(), link, this.#delegate, events, this.#inboxes)
    this.#sessions.add(session)
    session.start()
  }

  #onOpened(session: Session): void {
    const before = this.#byPeer.get(session.peerId)
    this.#byPeer.set(session.peerId, session)
    if (before !== undefined && before !== session) before.close()
    this.#keeper.connected(session.peerId)
    this.#delegate.opened(session)
    this.#permitDirect(session)
    session.pump()
  }

  /** Who is a contact may learn at which addresses we are; whoever only asked to become one may not. NET-21 */
  #permitDirect(session: Session): void {
    const { account } = session
    if (account === undefined || contactByAccount(this.#context().store, account)?.status !== 'active') return
    this.#network.permitDirect(session.peerId)
  }

  #onClosed(session: Session): void {
    this.#sessions.delete(session)
    if (this.#byPeer.get(session.peerId) !== session) {
      if (session.account === undefined) this.#keeper.refused(session.peerId)
      return
    }
    this.#byPeer.delete(session.peerId)
    this.#delegate.closed(session)
    if (!this.#isStopped) this.#keeper.keep(session.peerId)
  }
}
