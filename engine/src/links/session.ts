/**
 * One link to one device. First the handshake decides whose device it is; until then no other frame is read. Then the
 * outbox is sent in order and deleted as it is acknowledged, and what arrives is answered once it is durable.
 */
import {
  createAuth,
  decodeFrame,
  encodeFrame,
  stepAuth,
  type AuthEvent,
  type AuthInput,
  type AuthState,
  type Frame,
} from '@parley/core'
import type { Outcome } from '../conversation/receive.ts'
import type { RefusalOutcome } from '../conversation/refusals.ts'
import type { Context } from '../context.ts'
import type { Cancel } from '../ports/clock.ts'
import type { Link } from '../ports/network.ts'
import { expectedAccount, isBlockedAccount } from '../store/contacts.ts'
import type { OutboxRow } from '../store/outbox.ts'
import { BundleRequest } from './bundle-request.ts'
import { EnvelopeInbox } from './envelope-inbox.ts'
import type { InboxTotal } from './inbox-total.ts'
import { OutboxSender } from './outbox-sender.ts'

/** Frames before authentication that wait for the handshake to look at them. */
const AUTH_FRAMES_MAX = 4
/** Frames behind the last flight while it is checked; a link that can be told to wait brings one. */
const EARLY_FRAMES_MAX = 4_096

export interface SessionDelegate {
  opened(session: Session): void
  closed(session: Session): void
  networkChanged(): void
  /** A hint from anybody that something was put under a key; unverified. */
  woken(topic: number, hint: Uint8Array): void
  /** Whether this peer may have us dial it back. */
  mayAskDialBack(peerId: string): boolean
  /** Somebody on the local network answered to a tag that we look for; unverified. */
  localPeerFound(tag: string, address: string): void
  /** The push nodes that are connected changed. */
  pushNodesChanged(): void
  /** Stores what the envelope says; the outcome is told to the sender once it is durable. */
  receive(session: Session, envelope: Uint8Array): Promise<Outcome>
  acknowledged(session: Session, rows: readonly OutboxRow[]): Promise<void>
  /** `kept`: the row stays in the outbox and goes again. */
  refused(session: Session, row: OutboxRow, reason: string): Promise<RefusalOutcome>
  /** Something that is in no outbox (heads, typing) could not be read. */
  liveRefused(session: Session, reason: string): void
  /** Resolves when the answer was sent. */
  bundleWanted(session: Session): Promise<void>
  /** They tell or ask something about themselves or us. */
  exchanged(session: Session, frame: ExchangeFrame): void
  /** The link takes frames again after it took none. */
  drained(session: Session): void
  /** A public profile from anybody; unverified. */
  profileHeard(topic: number, record: Uint8Array): void
  /** Resolves to true when the bundle was good and is stored, so that it need not be asked for again. */
  bundleReceived(session: Session, bundle: Uint8Array): Promise<boolean>
}

export type ExchangeFrame = Extract<Frame, { type: 'profile.get' | 'profile' | 'avatar.get' | 'avatar' | 'presence' }>

interface SessionEvents {
  opened(): void
  closed(): void
}

export class Session {
  readonly link: Link
  readonly openedAt: number
  readonly #context: Context
  readonly #delegate: SessionDelegate
  readonly #events: SessionEvents
  readonly #outbox: OutboxSender
  readonly #bundleRequest: BundleRequest
  readonly #inbox: EnvelopeInbox
  #auth: AuthState
  #authSteps: Promise<void> = Promise.resolve()
  #authFrames = 0
  /** Frames that came before the handshake was through. */
  #early = 0
  #authTimer: Cancel | undefined
  #account: string | undefined
  /** A bundle that was asked for is being made, or one that came is being read: one of each at a time. */
  #isGivingBundle = false
  #isTakingBundle = false
  #isEnding = false
  #isClosed = false

  /** `inboxes`: what waits on all links of the engine. */
  constructor(context: Context, link: Link, delegate: SessionDelegate, events: SessionEvents, inboxes: InboxTotal) {
    this.#context = context
    this.#delegate = delegate
    this.#events = events
    this.link = link
    this.openedAt = context.clock.now()
    this.#outbox = new OutboxSender(context, link)
    this.#inbox = new EnvelopeInbox({
      log: context.log,
      total: inboxes,
      receive: (envelope) => delegate.receive(this, envelope),
      answer: (frame) => this.#isClosed || link.send(encodeFrame(frame)),
    })
    this.#bundleRequest = new BundleRequest(context.clock, () => this.sendFrame({ type: 'bundle.get' }))
    const expected = link.direction === 'outbound' ? expectedAccount(context.store, link.peerId) : undefined
    this.#auth = createAuth({
      role: link.direction === 'outbound' ? 'initiator' : 'responder',
      ownPeerId: context.self.peerId,
      ownCertificate: context.self.certificate.bytes,
      remotePeerId: link.peerId,
      ...(expected === undefined ? {} : { expectedAccount: expected }),
    })
  }

  get peerId(): string {
    return this.link.peerId
  }

  /** Undefined until the other end has proven it. */
  get account(): string | undefined {
    return this.#account
  }

  start(): void {
    this.link.listen({
      onFrame: (frame) => this.#onFrame(frame),
      onDrain: () => this.#onDrain(),
      onClose: () => this.#onClose(),
    })
    this.#stepAuth({ type: 'link.opened', now: this.#context.clock.now() })
  }

  /** Sends what waits for this device. Answers go first: they would find no room on a link that the outbox keeps full. */
  pump(): void {
    if (this.#account !== undefined && !this.#isClosed && this.#inbox.flush()) this.#outbox.pump()
  }

  /** An envelope that nobody acknowledges and that may be lost. */
  sendLive(envelope: Uint8Array): void {
    if (this.#account !== undefined) this.link.send(encodeFrame({ type: 'envelope', bytes: envelope }))
  }

  /** @returns false when the link has no room for it, or is closed. */
  sendFrame(frame: Exclude<Frame, { type: 'unknown' }>): boolean {
    return this.link.send(encodeFrame(frame))
  }

  /** The link's own last word (`onClose`) may come later; nothing of ours waits for it. */
  close(): void {
    this.link.close()
    this.#end()
  }

  /** Asks for the other device's bundle; it arrives at the delegate. */
  requestBundle(): void {
    if (!this.#isEnding) this.#bundleRequest.start()
  }

  /** What is told of oneself goes before the outbox, which would keep the link full. */
  #onDrain(): void {
    if (this.#account !== undefined && !this.#isEnding) this.#delegate.drained(this)
    this.pump()
  }

  #onClose(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#end()
    this.#stepAuth({ type: 'link.closed', now: this.#context.clock.now() })
    this.#events.closed()
  }

  #end(): void {
    this.#isEnding = true
    this.#setAuthTimer(undefined)
    this.#bundleRequest.stop()
    this.#outbox.stop()
  }

  /** @returns what to wait for before the next frame is read. */
  #onFrame(bytes: Uint8Array): Promise<void> | undefined {
    const frame = decodeFrame(bytes)
    if (frame === undefined) {
      this.#context.log.log('warn', 'link closed: malformed frame', { peer: this.peerId.slice(-6) })
      this.link.close()
      return undefined
    }
    if (this.#account !== undefined) return this.#onOpenFrame(frame)
    // Frames behind the last flight may arrive while it is still being checked: they wait in the same queue.
    if (frame.type !== 'auth') return this.#afterAuth(() => void this.#onOpenFrame(frame))
    if (++this.#authFrames > AUTH_FRAMES_MAX) this.link.close()
    else this.#stepAuth({ type: 'net.received', now: this.#context.clock.now(), bytes: frame.flight })
    return undefined
  }

  #afterAuth(run: () => void): Promise<void> | undefined {
    if (++this.#early > EARLY_FRAMES_MAX) {
      this.link.close()
      return undefined
    }
    this.#authSteps = this.#authSteps
      .then(() => {
        if (this.#account === undefined) this.link.close()
        else if (!this.#isClosed) run()
      })
      .catch((error: unknown) => this.#fail('link closed: an early frame failed inside', error))
    return this.#authSteps
  }

  #fail(message: string, error: unknown): void {
    this.#context.log.log('error', message, { error: String(error) })
    this.link.close()
  }

  #stepAuth(input: AuthInput): void {
    const { crypto, random, self, store } = this.#context
    this.#authSteps = this.#authSteps
      .then(async () => {
        const step = await stepAuth(this.#auth, input, {
          crypto,
          random,
          deviceSeed: self.deviceSeed,
          isBlocked: (account) => isBlockedAccount(store, account),
        })
        this.#auth = step.state
        for (const effect of step.effects) {
          if (effect.type === 'net.send') this.sendFrame({ type: 'auth', flight: effect.bytes })
          else if (effect.type === 'net.close') this.link.close()
          else this.#setAuthTimer(effect.type === 'timer.set' ? effect.at : undefined)
        }
        for (const event of step.events) this.#onAuth(event)
      })
      .catch((error: unknown) => this.#fail('link closed: the handshake failed inside', error))
  }

  #setAuthTimer(at: number | undefined): void {
    this.#authTimer?.()
    this.#authTimer = undefined
    if (at === undefined || this.#isEnding) return
    const { clock } = this.#context
    // The time has passed, whatever the wall says now: a clock set back must not leave a silent link open for ever.
    const fire = () => this.#stepAuth({ type: 'timer.fired', now: Math.max(at, clock.now()) })
    this.#authTimer = clock.after(Math.max(0, at - clock.now()), fire)
  }

  #onAuth(event: AuthEvent): void {
    if (event.type === 'auth.refused') {
      this.#context.log.log('info', 'link refused', { reason: event.reason, peer: this.peerId.slice(-6) })
      return
    }
    if (this.#isClosed) return
    // Blocked while the last flight was on its way. FST-23
    if (isBlockedAccount(this.#context.store, event.account)) {
      this.link.close()
      return
    }
    this.#account = event.account
    this.#events.opened()
  }

  #onOpenFrame(frame: Frame): Promise<void> | undefined {
    if (frame.type === 'envelope') return this.#inbox.take(frame.bytes)
    if (frame.type === 'auth') this.link.close()
    else if (frame.type === 'bundle.get') this.#onBundleWanted()
    else if (frame.type === 'bundle') this.#onBundle(frame.bundle)
    else if (frame.type === 'ack') this.#onAcknowledged(this.#outbox.take(frame.ids))
    else if (frame.type === 'refuse') this.#onRefuse(frame.ids, frame.reason)
    else if (frame.type !== 'unknown') this.#delegate.exchanged(this, frame)
    return undefined
  }

  /** Each costs a transaction, and a stranger may ask: what comes before the answer is answered by it. DLV-14 */
  #onBundleWanted(): void {
    if (this.#isGivingBundle) return
    this.#isGivingBundle = true
    this.#delegate
      .bundleWanted(this)
      .catch((error: unknown) => this.#context.log.log('warn', 'bundle not given', { error: String(error) }))
      .finally(() => (this.#isGivingBundle = false))
  }

  /** More than one at a time is dropped: we ask again until a good one came. DLV-14 */
  #onBundle(bundle: Uint8Array): void {
    if (this.#isTakingBundle) return
    this.#isTakingBundle = true
    this.#delegate
      .bundleReceived(this, bundle)
      .then(
        (isTaken) => {
          if (isTaken) this.#bundleRequest.stop()
        },
        (error: unknown) => this.#context.log.log('warn', 'bundle not stored', { error: String(error) }),
      )
      .finally(() => (this.#isTakingBundle = false))
  }

  #onAcknowledged(rows: readonly OutboxRow[]): void {
    if (rows.length > 0) this.#settle(rows, this.#delegate.acknowledged(this, rows))
  }

  #onRefuse(ids: readonly Uint8Array[], reason: string): void {
    const rows = this.#outbox.take(ids)
    for (const row of rows) this.#settle([row], this.#onRefused(row, reason))
    if (rows.length < ids.length) this.#delegate.liveRefused(this, reason)
  }

  async #onRefused(row: OutboxRow, reason: string): Promise<void> {
    if ((await this.#delegate.refused(this, row, reason)) === 'kept') this.#outbox.restore([row])
  }

  /** If the answer to `rows` cannot be stored, the outbox is as it was and the same bytes go again. */
  #settle(rows: readonly OutboxRow[], work: Promise<void>): void {
    work.then(
      () => this.pump(),
      (error: unknown) => {
        this.#context.log.log('warn', 'acknowledgement not stored', { error: String(error) })
        this.#outbox.restore(rows)
      },
    )
  }
}
