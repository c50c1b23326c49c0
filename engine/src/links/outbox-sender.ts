/**
 * Sends one device's outbox in order over one link, a window at a time, and sends again what is not acknowledged.
 * Spec: DLV-2…DLV-4.
 */
import { encodeFrame, envelopeId, toHex } from '@parley/core'
import type { Context } from '../context.ts'
import type { Cancel } from '../ports/clock.ts'
import type { Link } from '../ports/network.ts'
import { outboxAfter, type OutboxRow } from '../store/outbox.ts'

/** Envelopes on their way and not acknowledged. */
export const WINDOW_ENVELOPES_MAX = 1_024
/** Rows read from the store at a time. */
const READ_ROWS_MAX = 64
/** Time after which an envelope without an answer goes again; up to RESEND_TICK_MS earlier. */
export const RESEND_DELAY_MS = 3_000
const RESEND_TICK_MS = 1_000
const RESEND_TICKS = RESEND_DELAY_MS / RESEND_TICK_MS

interface Sent {
  readonly row: OutboxRow
  /** Grows with each envelope sent on this link. */
  readonly number: number
  /** Ticks of the watch since it was sent. */
  ticks: number
}

export class OutboxSender {
  readonly #context: Context
  readonly #link: Link
  /** Sent and not acknowledged, by envelope id, the oldest first. */
  readonly #sent = new Map<string, Sent>()
  #number = 0
  /** The newest that was answered: what was sent before it and has no answer was lost, not late. */
  #newestAnswered = 0
  #lastSeq = 0
  #silentTicks = 0
  /** Something was answered since the last tick. */
  #hasAnswer = false
  /** Whole ticks without any answer. */
  #unansweredTicks = 0
  #watch: Cancel | undefined
  #isStopped = false

  constructor(context: Context, link: Link) {
    this.#context = context
    this.#link = link
  }

  pump(): void {
    while (!this.#isStopped && this.#sent.size < WINDOW_ENVELOPES_MAX) {
      const rows = outboxAfter(this.#context.store, this.#link.peerId, this.#lastSeq, READ_ROWS_MAX)
      if (rows.length === 0 || !rows.every((row) => this.#send(row))) break
    }
    this.#keepWatch()
  }

  /** The rows behind these ids; they count as answered. Ids that were not sent here are ignored. */
  take(ids: readonly Uint8Array[]): readonly OutboxRow[] {
    const rows: OutboxRow[] = []
    for (const id of ids) {
      const key = toHex(id)
      const sent = this.#sent.get(key)
      if (sent === undefined) continue
      this.#sent.delete(key)
      this.#newestAnswered = Math.max(this.#newestAnswered, sent.number)
      rows.push(sent.row)
    }
    if (rows.length > 0) {
      this.#silentTicks = 0
      this.#hasAnswer = true
    }
    this.#keepWatch()
    return rows
  }

  /** These count as unanswered again and go once more, later. */
  restore(rows: readonly OutboxRow[]): void {
    if (this.#isStopped) return
    for (const row of rows) this.#sent.set(toHex(envelopeId(row.bytes)), { row, number: 0, ticks: 0 })
    this.#keepWatch()
  }

  stop(): void {
    this.#isStopped = true
    this.#watch?.()
    this.#sent.clear()
  }

  #send(row: OutboxRow): boolean {
    if (!this.#link.send(encodeFrame({ type: 'envelope', bytes: row.bytes }))) return false
    this.#sent.set(toHex(envelopeId(row.bytes)), { row, number: ++this.#number, ticks: 0 })
    this.#lastSeq = Math.max(this.#lastSeq, row.seq)
    return true
  }

  #keepWatch(): void {
    if (this.#sent.size === 0) {
      this.#watch?.()
      this.#watch = undefined
      this.#silentTicks = 0
      this.#unansweredTicks = 0
      this.#hasAnswer = false
    } else if (!this.#isStopped) this.#watch ??= this.#context.clock.after(RESEND_TICK_MS, () => this.#onTick())
  }

  /** Once in each silence: the network finds out whether the other end is there. DLV-30 */
  #watchSilence(): void {
    this.#unansweredTicks = this.#hasAnswer ? 0 : this.#unansweredTicks + 1
    this.#hasAnswer = false
    if (this.#unansweredTicks === 1) this.#context.sessions.check(this.#link.peerId)
  }

  #onTick(): void {
    this.#watch = undefined
    this.#silentTicks++
    this.#watchSilence()
    const due: Sent[] = []
    for (const sent of this.#sent.values()) {
      sent.ticks++
      const isLost = sent.number < this.#newestAnswered || this.#silentTicks >= RESEND_TICKS
      if (sent.ticks >= RESEND_TICKS && isLost) due.push(sent)
    }
    if (due.length > 0) {
      this.#context.log.log('info', 'acknowledgements stay out: sending again', { waiting: due.length })
      for (const { row } of due) {
        // Behind the others from here on, as it is on the link.
        this.#sent.delete(toHex(envelopeId(row.bytes)))
        if (!this.#send(row)) this.restore([row])
      }
    }
    this.pump()
  }
}
