/**
 * Envelopes that arrived over one link: processed, and answered once they are durable. A link that brings more than is
 * processed is not read for a while; what it waits for is work of this device alone, so two that flood each other both
 * go on. Spec: DLV-5…DLV-7, DLV-15.
 */
import { envelopeId, ENVELOPE_BYTES_MAX, FRAME_ENVELOPE_IDS_MAX, type Frame } from '@parley/core'
import type { Outcome } from '../conversation/receive.ts'
import type { LogPort } from '../ports/log.ts'
import type { InboxLimits, InboxTotal } from './inbox-total.ts'

/** Envelopes that wait to be processed, per link; more are dropped unacknowledged and come again. DLV-7 */
export const INBOX_ENVELOPES_MAX = 4_096
/** Their bytes, per link: whoever sends the largest envelopes faster than they are processed does not fill the memory. */
export const INBOX_BYTES_MAX = 64 * 1_048_576
/** Bytes that wait on all links together. */
export const INBOXES_BYTES_MAX = 128 * 1_048_576
/** Answers that wait for room on their link; more are dropped, and what they were about comes again. DLV-15 */
export const INBOX_ANSWERS_MAX = 4_096

export const INBOX_LIMITS: InboxLimits = {
  envelopesMax: INBOX_ENVELOPES_MAX,
  bytesMax: INBOX_BYTES_MAX,
  allBytesMax: INBOXES_BYTES_MAX,
  shareBytes: ENVELOPE_BYTES_MAX,
}

export type AnswerFrame = Extract<Frame, { type: 'ack' | 'refuse' }>

export interface EnvelopeInboxOptions {
  readonly log: LogPort
  /** What waits on all links, this one included. */
  readonly total: InboxTotal
  readonly receive: (envelope: Uint8Array) => Promise<Outcome>
  /** Sends an answer. False when the link has no room: it is tried again at the next {@link EnvelopeInbox.flush}. */
  readonly answer: (frame: AnswerFrame) => boolean
}

export class EnvelopeInbox {
  readonly #options: EnvelopeInboxOptions
  #processing = 0
  #bytes = 0
  #acknowledgements: Uint8Array[] = []
  /** Answers that found no room on the link, the oldest first. */
  #unsent: AnswerFrame[] = []
  #pause: PromiseWithResolvers<void> | undefined

  constructor(options: EnvelopeInboxOptions) {
    this.#options = options
  }

  /** @returns what to wait for before the next frame is read; `undefined` while there is room. Never rejects. */
  take(bytes: Uint8Array): Promise<void> | undefined {
    const { log, total, receive } = this.#options
    const { envelopesMax, bytesMax } = total.limits
    if (this.#processing >= envelopesMax || this.#bytes + bytes.length > bytesMax || !total.hasRoomFor(bytes.length)) {
      log.log('warn', 'envelope dropped: too many at once', { waiting: this.#processing })
      return this.#pauseReading()
    }
    this.#processing++
    this.#bytes += bytes.length
    total.add(bytes.length)
    receive(bytes).then(
      (outcome) => {
        this.#release(bytes.length)
        this.#answer(bytes, outcome)
      },
      (error: unknown) => {
        this.#release(bytes.length)
        // Not acknowledged, so it comes again: after a full disk, a restart, an update.
        log.log('error', 'envelope not processed', { error: String(error) })
      },
    )
    return this.#pauseReading()
  }

  /** Sends the answers that found no room. @returns false when some still find none: nothing else may take their place. */
  flush(): boolean {
    let sent = 0
    for (const frame of this.#unsent) {
      if (!this.#options.answer(frame)) break
      sent++
    }
    this.#unsent.splice(0, sent)
    return this.#unsent.length === 0
  }

  #release(bytes: number): void {
    this.#processing--
    this.#bytes -= bytes
    this.#options.total.remove(bytes)
    this.#relieve()
  }

  #pauseReading(): Promise<void> | undefined {
    if (this.#pause !== undefined) return this.#pause.promise
    const { log, total } = this.#options
    const { envelopesMax, bytesMax, shareBytes } = total.limits
    const isOver = this.#processing > envelopesMax / 2 || this.#bytes > bytesMax / 2
    if (!isOver && !(total.isCrowded && this.#bytes > shareBytes)) return undefined
    log.log('debug', 'reading paused', { waiting: this.#processing, bytes: this.#bytes, ofAll: total.bytes })
    this.#pause = Promise.withResolvers<void>()
    total.paused(this.#relieve)
    return this.#pause.promise
  }

  readonly #relieve = (): void => {
    const { total } = this.#options
    const { envelopesMax, bytesMax, shareBytes } = total.limits
    if (this.#pause === undefined || this.#processing >= envelopesMax / 4 || this.#bytes >= bytesMax / 4) return
    if (!total.isCalm && this.#bytes > shareBytes) return
    total.resumed(this.#relieve)
    this.#pause.resolve()
    this.#pause = undefined
  }

  #answer(bytes: Uint8Array, outcome: Outcome): void {
    if (outcome.type === 'nothing') return
    const id = envelopeId(bytes)
    if (outcome.type === 'refuse') {
      this.#tell({ type: 'refuse', ids: [id], reason: outcome.reason })
      return
    }
    this.#acknowledgements.push(id)
    if (this.#acknowledgements.length === 1) queueMicrotask(() => this.#acknowledge())
    else if (this.#acknowledgements.length >= FRAME_ENVELOPE_IDS_MAX) this.#acknowledge()
  }

  #acknowledge(): void {
    const ids = this.#acknowledgements
    this.#acknowledgements = []
    if (ids.length > 0) this.#tell({ type: 'ack', ids })
  }

  #tell(frame: AnswerFrame): void {
    if (this.#unsent.length === 0 && this.#options.answer(frame)) return
    if (this.#unsent.length < INBOX_ANSWERS_MAX) this.#unsent.push(frame)
    else this.#options.log.log('warn', 'answer dropped: the link takes none', { waiting: this.#unsent.length })
  }
}
