/** Everything that happens in conversations: commands in, envelopes in, and what follows from both. */
import { toHex, TYPING_INTERVAL_MS, TYPING_LIFETIME_MS, type Control } from '@parley/core'
import type { Context } from '../context.ts'
import type { Session } from '../links/session.ts'
import type { Cancel } from '../ports/clock.ts'
import { heardFrom } from '../store/devices.ts'
import { acknowledgeEntry, conversationsWaiting, waitingEntries, type SubjectFilter } from '../store/entries.ts'
import { deleteAnswers, deleteOutbox, insertOutbox, type OutboxRow } from '../store/outbox.ts'
import { markRead } from '../store/receipts.ts'
import type { Commit } from '../turn/commit.ts'
import type { Apply } from '../turn/turns.ts'
import { sealAgain } from './compose.ts'
import { Receipts } from './receipts.ts'
import { Refusals, type RefusalOutcome } from './refusals.ts'
import type { Origin, RefusalReason } from './receive.ts'
import type { Receiver } from './receiver.ts'
import { hasGroup, sealPayload } from './seal.ts'
import { cleanSubject } from './subjects.ts'
import { Sync } from './sync.ts'

/** Waiting contents that are sealed in one job. */
const WAITING_BATCH_MAX = 64
/** Messages that one command marks as read in one transaction; the rest follows by itself. */
const READ_BATCH_MAX = 1_024

export interface ConversationEvents {
  /** They are typing, about `subject` (empty: nothing in particular). */
  typingNoticed(conversation: string, account: string, subject: string): void
  typingChanged(conversation: string): void
  /** Asks the other side for its bundle again. */
  askAgain(conversation: string): void
  /** The other side cannot read this group any more. Makes a new one. */
  restart(conversation: string): Promise<void>
}

export class ConversationService implements Receiver {
  readonly #context: () => Context
  readonly #events: ConversationEvents
  readonly #receipts: Receipts
  readonly #sync: Sync
  readonly #refusals: Refusals
  /** When each account was last seen typing, by conversation. */
  readonly #typing = new Map<string, Map<string, number>>()
  /** Timers at which typing is over, by conversation and account. */
  readonly #typingEnds = new Map<string, Cancel>()
  readonly #typingSentAt = new Map<string, number>()

  constructor(context: () => Context, events: ConversationEvents) {
    this.#context = context
    this.#events = events
    this.#receipts = new Receipts(context)
    this.#sync = new Sync(context)
    this.#refusals = new Refusals(context, {
      sealAgain: (conversation) => this.#sealAgain(conversation),
      askAgain: (conversation) => events.askAgain(conversation),
      restart: (conversation) => events.restart(conversation),
    })
  }

  start(): void {
    this.#receipts.resume()
    const { store } = this.#context()
    for (const conversation of conversationsWaiting(store)) this.sealWaiting(conversation)
  }

  stop(): void {
    this.#sync.stop()
    this.#refusals.stop()
    for (const cancel of this.#typingEnds.values()) cancel()
    this.#typingEnds.clear()
  }

  /** There is a group, or a new one: everything that waited for it can be said. */
  activated(conversation: string): void {
    this.#refusals.forget(conversation)
    this.#sealAgain(conversation)
  }

  opened(conversation: string): void {
    this.#refusals.forget(conversation)
    this.#sync.announceSoon(conversation)
  }

  /** Prepared at the end of every batch of turns. */
  closeBatch(): Promise<Apply<void> | undefined> {
    return this.#receipts.reportBatch()
  }

  owes(commit: Commit, conversation: string): void {
    this.#receipts.owe(commit, conversation)
  }

  received(commit: Commit, conversation: string, hasGap: boolean): void {
    commit.afterwards(() => {
      this.#stoppedTyping(conversation)
      this.#sync.announceSoon(conversation)
      if (hasGap) this.#sync.wantSoon(conversation)
    })
  }

  control(conversation: string, origin: Origin, control: Control): void {
    this.#sync.onControl(conversation, origin, control)
  }

  typing(conversation: string, account: string, subject: string): void {
    const { clock } = this.#context()
    const accounts = this.#typing.get(conversation) ?? new Map<string, number>()
    this.#typing.set(conversation, accounts.set(account, clock.now()))
    this.#events.typingChanged(conversation)
    this.#events.typingNoticed(conversation, account, cleanSubject(subject))
    const who = `${conversation} ${account}`
    this.#typingEnds.get(who)?.()
    const ended = () => {
      this.#typingEnds.delete(who)
      this.#events.typingChanged(conversation)
    }
    this.#typingEnds.set(who, clock.after(TYPING_LIFETIME_MS + 1, ended))
  }

  typingIn(conversation: string): readonly string[] {
    const { clock } = this.#context()
    const since = clock.now() - TYPING_LIFETIME_MS
    return [...(this.#typing.get(conversation) ?? [])].flatMap(([account, at]) => (at >= since ? [account] : []))
  }

  /** A message of theirs ends their typing. */
  #stoppedTyping(conversation: string): void {
    this.#typing.delete(conversation)
  }

  #sealAgain(conversation: string): void {
    this.sealWaiting(conversation)
    this.#receipts.flush(conversation)
    this.#sync.announceSoon(conversation)
  }

  /** Own contents that have no envelope yet, in order. Safe to call at any time. */
  sealWaiting(conversation: string): void {
    const context = this.#context()
    context.turns
      .run('input', async () => {
        const state = context.conversations.get(conversation)
        const waiting = waitingEntries(context.store, conversation, context.self.account, WAITING_BATCH_MAX)
        const applies: Apply<void>[] = []
        if (state !== undefined && hasGroup(state)) {
          for (const entry of waiting) applies.push(await sealAgain(context, entry, context.clock.now()))
        }
        return (commit) => {
          for (const apply of applies) apply(commit)
          return applies.length === WAITING_BATCH_MAX
        }
      })
      .then(
        (hasMore) => (hasMore ? this.sealWaiting(conversation) : undefined),
        (error: unknown) => context.log.log('warn', 'waiting messages not sealed', { error: String(error) }),
      )
  }

  acknowledged(session: Session, rows: readonly OutboxRow[]): Promise<void> {
    const { store, turns, clock } = this.#context()
    return turns.run('input', () => (commit) => {
      if (heardFrom(store, session.peerId, clock.now())) commit.touch('network')
      this.#arrived(commit, rows)
    })
  }

  settled(commit: Commit, peerId: string, arrived: readonly OutboxRow[], unreadable: readonly OutboxRow[]): void {
    if (heardFrom(this.#context().store, peerId, this.#context().clock.now())) commit.touch('network')
    this.#arrived(commit, arrived)
    commit.afterwards(() => {
      for (const row of unreadable) this.#refuseStored(row)
    })
  }

  #refuseStored(row: OutboxRow): void {
    const { log } = this.#context()
    this.refused(row, 'unknown-epoch' satisfies RefusalReason).catch((error: unknown) =>
      log.log('warn', 'a refusal was not stored', { error: String(error) }),
    )
  }

  /** Rows that the other device has: they wait no longer. */
  #arrived(commit: Commit, rows: readonly OutboxRow[]): void {
    const { store } = this.#context()
    const arrived = new Set<string>()
    for (const row of rows) {
      deleteOutbox(store, row.seq)
      if (row.deposit !== undefined) {
        deleteAnswers(store, row.peerId, row.deposit)
        commit.release()
      }
      const { conversation } = row
      if (conversation === undefined) continue
      if (row.kind !== 'commit') commit.afterwards(() => this.#refusals.acknowledged(conversation))
      if (row.message === undefined) continue
      if (acknowledgeEntry(store, row.message)) commit.touchMessage(conversation, toHex(row.message))
      arrived.add(conversation)
    }
    // Whoever lost what it acknowledged learns of it from the heads, also when nothing follows. SYN-1
    commit.afterwards(() => {
      for (const conversation of arrived) this.#sync.announceSoon(conversation)
    })
  }

  refused(row: OutboxRow, reason: string): Promise<RefusalOutcome> {
    return this.#refusals.refused(row, reason)
  }

  liveRefused(conversation: string, reason: string): void {
    this.#refusals.liveRefused(conversation, reason)
  }

  /** A person wants what failed to be sent again. */
  retry(conversation: string): void {
    this.#refusals.forget(conversation)
    this.sealWaiting(conversation)
  }

  /** Marks messages as read, those about `subject` alone if one is given; receipts follow unless they are switched off. */
  async read(conversation: string, upTo: string | undefined, subject: SubjectFilter): Promise<void> {
    const { store, settings, turns } = this.#context()
    const count = await turns.run('command', () => (commit) => {
      const owesReceipt = settings.current.sendsReadReceipts
      const ids = markRead(store, conversation, { upTo, limit: READ_BATCH_MAX, owesReceipt, subject })
      if (ids.length > 0) commit.touchConversation(conversation)
      if (ids.length > 0 && owesReceipt) this.owes(commit, conversation)
      return ids.length
    })
    if (count === READ_BATCH_MAX) await this.read(conversation, upTo, subject)
  }

  /** At most one event in TYPING_INTERVAL_MS, only to devices that are connected now, stored nowhere. TYP-1…TYP-3 */
  async sendTyping(conversation: string, subject: string): Promise<void> {
    const { settings, clock, conversations, turns, sessions, store } = this.#context()
    const now = clock.now()
    const state = conversations.get(conversation)
    const isTooSoon = now - (this.#typingSentAt.get(conversation) ?? -TYPING_INTERVAL_MS) < TYPING_INTERVAL_MS
    if (!settings.current.sendsTyping || state === undefined || !hasGroup(state) || isTooSoon) return
    if (sessions.ofAccount(state.account).length === 0) return
    this.#typingSentAt.set(conversation, now)
    await turns.run('command', async () => {
      const sealed = await sealPayload(this.#context(), conversation, { type: 'typing', subject }, now)
      return (commit) => {
        for (const { kind, envelope, recipients } of sealed) {
          if (kind === 'payload') commit.afterwards(() => sessions.sendToAccount(state.account, envelope))
          else {
            for (const peerId of recipients) {
              insertOutbox(store, {
                peerId,
                kind: 'commit',
                conversation,
                message: undefined,
                bytes: envelope,
                createdAt: now,
              })
              commit.wake(peerId)
            }
          }
        }
      }
    })
  }
}
