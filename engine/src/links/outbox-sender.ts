/**
 * Sends one device's outbox in order over one link, a window at a time, and sends it again from the start when
 * acknowledgements stay out. Spec: DLV-2…DLV-4.
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
/** Silence after which everything that is not acknowledged goes again. */
export const RESEND_DELAY_MS = 3_000

export class OutboxSender {
  readonly #context: Context
  readonly #link: Link
  /** Sent and not acknowledged, by envelope id. */
  readonly #sent = new Map<string, OutboxRow>()
  #lastSeq = 0
  #resend: Cancel | undefined
  #isStopped = false

  constructor(context: Context, link: Link) {
    this.#context = context
    this.#link = link
  }

  pump(): void {
    while (!this.#isStopped && this.#sent.size < WINDOW_ENVELOPES_MAX) {
      const rows = outboxAfter(this.#context.store, this.#link.peerId, this.#lastSeq, READ_ROWS_MAX)
      if (rows.length === 0) break
      for (const row of rows) {
        if (!this.#link.send(encodeFrame({ type: 'envelope', bytes: row.bytes }))) return
        this.#sent.set(toHex(envelopeId(row.bytes)), row)
        this.#lastSeq = row.seq
      }
    }
    this.#watch()
  }

  /** The rows behind these ids; they count as answered. Ids that were not sent here are ignored. */
  take(ids: readonly Uint8Array[]): readonly OutboxRow[] {
    const rows: OutboxRow[] = []
    for (const id of ids) {
      const key = toHex(id)
      const row = this.#sent.get(key)
      if (row === undefined) continue
      this.#sent.delete(key)
      rows.push(row)
    }
    if (rows.length > 0) this.#watch(true)
    return rows
  }

  /** The answer to these could not be stored: they count as unanswered again and go once more. */
  restore(rows: readonly OutboxRow[]): void {
    if (this.#isStopped) return
    for (const row of rows) this.#sent.set(toHex(envelopeId(row.bytes)), row)
    this.#watch()
  }

  stop(): void {
    this.#isStopped = true
    this.#resend?.()
    this.#sent.clear()
  }

  #watch(hasProgress = false): void {
    if (hasProgress || this.#sent.size === 0) {
      this.#resend?.()
      this.#resend = undefined
    }
    if (this.#isStopped || this.#sent.size === 0 || this.#resend !== undefined) return
    this.#resend = this.#context.clock.after(RESEND_DELAY_MS, () => {
      this.#resend = undefined
      this.#context.log.log('info', 'acknowledgements stay out: sending again', { waiting: this.#sent.size })
      this.#sent.clear()
      this.#lastSeq = 0
      this.pump()
    })
  }
}
