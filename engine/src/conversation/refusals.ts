/**
 * The other side could not read something. Either it lacks a handshake that is still on its way, and the same bytes go
 * again; or they are sealed anew under the current keys. When that is refused too, the other side has lost the group and
 * gets a new one. Spec: DLV-6, CNV-10.
 */
import { tagOf, toHex } from '@parley/core'
import type { Context } from '../context.ts'
import type { Cancel } from '../ports/clock.ts'
import { PortError } from '../ports/port-error.ts'
import { unrequest } from '../store/contacts.ts'
import { refuseEntry, type RefusedEntry } from '../store/entries.ts'
import { deleteOutbox, hasEarlierHandshake, hasHandshake, newestOutboxSeq, type OutboxRow } from '../store/outbox.ts'
import type { Commit } from '../turn/commit.ts'
import { epochByTag } from './epochs.ts'
import type { RefusalReason } from './receive.ts'
import { oweReported } from './receipts.ts'

/** Times that a refused content is sealed anew before a person has to decide. */
export const SEAL_ATTEMPTS_MAX = 5
/** Refused rounds in a row after which the group is taken to be lost on the other side. */
const LOST_ROUNDS = 2
/** Pause before a third round; it grows fourfold with each. */
const PAUSE_MIN_MS = 5_000
const PAUSE_MAX_MS = 60_000

/** `kept`: the row stays in the outbox and goes again. */
export type RefusalOutcome = 'kept' | 'settled'

export interface RefusalEvents {
  /** Seals again what waits in the log, and the receipts that are owed, and says what is here. */
  sealAgain(conversation: string): void
  /** Asks the other side for its bundle again, and with it for contact if that is what waits. */
  askAgain(conversation: string): void
  /** Makes a new group. */
  restart(conversation: string): Promise<void>
}

/** Everything that was sealed between two looks at the other side's answers counts once. */
interface Rounds {
  /** Refused one after the other, without anything being acknowledged. */
  refused: number
  /** Rows up to here belong to a round that was counted. */
  countedSeq: number
  retry: Cancel | undefined
}

export class Refusals {
  readonly #context: () => Context
  readonly #events: RefusalEvents
  readonly #rounds = new Map<string, Rounds>()

  constructor(context: () => Context, events: RefusalEvents) {
    this.#context = context
    this.#events = events
  }

  /** The other side reads us. */
  acknowledged(conversation: string): void {
    const rounds = this.#rounds.get(conversation)
    if (rounds !== undefined && rounds.retry === undefined) this.#rounds.delete(conversation)
  }

  /** Something changed that no answer tells of: a new link, a person who pressed retry. The next refusal is the first. */
  forget(conversation: string): void {
    this.#rounds.get(conversation)?.retry?.()
    this.#rounds.delete(conversation)
  }

  async refused(row: OutboxRow, reason: string): Promise<RefusalOutcome> {
    const { store, turns } = this.#context()
    const { conversation } = row
    if (conversation === undefined) {
      await turns.run('input', () => () => deleteOutbox(store, row.seq))
      return 'settled'
    }
    if (row.kind === 'request' || row.kind === 'welcome') return this.#sealedRefused(row, conversation)
    if (reason === ('unknown-epoch' satisfies RefusalReason) && hasEarlierHandshake(store, row)) return 'kept'
    const fate = await turns.run('input', () => (commit) => this.#settle(commit, row, conversation, reason))
    if (fate === 'failed') return 'settled'
    this.#afterRound(conversation, this.#count(row, conversation))
    return 'settled'
  }

  /**
   * The other side's clock is behind the time at which this was sealed. A request is made anew, later; a Welcome is
   * missed by what was sealed in its group.
   */
  async #sealedRefused(row: OutboxRow, conversation: string): Promise<RefusalOutcome> {
    const { store, turns, clock } = this.#context()
    await turns.run('input', () => () => {
      deleteOutbox(store, row.seq)
      if (row.kind === 'request') unrequest(store, conversation)
    })
    if (row.kind === 'request') {
      const rounds = this.#roundsOf(conversation)
      rounds.retry ??= clock.after(PAUSE_MAX_MS, () => {
        rounds.retry = undefined
        this.#events.askAgain(conversation)
      })
    }
    return 'settled'
  }

  /**
   * Something that nobody stores (heads, typing) could not be read: the only sign of a lost group where there is nothing
   * else to send.
   */
  liveRefused(conversation: string, reason: string): void {
    const { store } = this.#context()
    if (reason !== ('unknown-epoch' satisfies RefusalReason) || hasHandshake(store, conversation)) return
    const rounds = this.#roundsOf(conversation)
    if (rounds.retry !== undefined) return
    rounds.refused++
    this.#afterRound(conversation, rounds)
  }

  stop(): void {
    for (const { retry } of this.#rounds.values()) retry?.()
    this.#rounds.clear()
  }

  #settle(commit: Commit, row: OutboxRow, conversation: string, reason: string): RefusedEntry {
    const { store } = this.#context()
    deleteOutbox(store, row.seq)
    if (row.report !== undefined) oweReported(store, row.report)
    if (row.message === undefined) return 'waits'
    const isHopeless = reason === ('unknown-conversation' satisfies RefusalReason)
    const fate = refuseEntry(store, row.message, reason, isHopeless ? 1 : SEAL_ATTEMPTS_MAX)
    commit.touchMessage(conversation, toHex(row.message))
    return fate
  }

  #count(row: OutboxRow, conversation: string): Rounds {
    const rounds = this.#roundsOf(conversation)
    if (!this.#isOfCurrentGroup(row, conversation)) rounds.refused = 0
    else if (row.seq > rounds.countedSeq) {
      rounds.refused++
      rounds.countedSeq = newestOutboxSeq(this.#context().store)
    }
    return rounds
  }

  /** False when a newer group came since: from them, or by our own restart. */
  #isOfCurrentGroup(row: OutboxRow, conversation: string): boolean {
    const { conversations } = this.#context()
    const state = conversations.get(conversation)
    const tag = tagOf(row.bytes)
    if (state?.headEpoch === undefined || tag === undefined) return false
    const groupId = epochByTag(state, tag)?.groupId
    return groupId === undefined || groupId === state.epochs.get(state.headEpoch)?.groupId
  }

  /** One round is answered at once; a lost group too, the first time. Whoever goes on refusing is asked less and less often. */
  #afterRound(conversation: string, rounds: Rounds): void {
    if (rounds.retry !== undefined) return
    const isLost = rounds.refused >= LOST_ROUNDS
    const pauses = rounds.refused - LOST_ROUNDS
    const pauseMs = pauses <= 0 ? 0 : Math.min(PAUSE_MAX_MS, PAUSE_MIN_MS * 4 ** (pauses - 1))
    this.#retryAfter(pauseMs, conversation, async () => {
      if (isLost) await this.#events.restart(conversation)
      this.#events.sealAgain(conversation)
    })
  }

  /** What the environment refused, a full disk, is tried again: nobody refuses a second time what was never sent. */
  #retryAfter(pauseMs: number, conversation: string, tryAgain: () => Promise<void>): void {
    const { clock, log } = this.#context()
    const rounds = this.#roundsOf(conversation)
    rounds.retry = clock.after(pauseMs, () => {
      rounds.retry = undefined
      tryAgain().catch((error: unknown) => {
        log.log('warn', 'nothing new for an unreadable group', { error: String(error) })
        // They are gone when the other side reads us again, and when we stopped.
        const isOpen = this.#rounds.get(conversation) === rounds && rounds.retry === undefined
        if (!isOpen || !(error instanceof PortError) || !error.isRetryable) return
        this.#retryAfter(Math.min(PAUSE_MAX_MS, Math.max(PAUSE_MIN_MS, 2 * pauseMs)), conversation, tryAgain)
      })
    })
  }

  #roundsOf(conversation: string): Rounds {
    const rounds = this.#rounds.get(conversation) ?? { refused: 0, countedSeq: 0, retry: undefined }
    this.#rounds.set(conversation, rounds)
    return rounds
  }
}
