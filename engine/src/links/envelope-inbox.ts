/** Envelopes that arrived over one link: processed, and answered once they are durable. Spec: DLV-5…DLV-7. */
import { envelopeId, FRAME_ENVELOPE_IDS_MAX, type Frame } from '@parley/core'
import type { Outcome } from '../conversation/receive.ts'
import type { LogPort } from '../ports/log.ts'

/** Envelopes that wait to be processed, per link; more are dropped unacknowledged and come again. DLV-7 */
export const INBOX_ENVELOPES_MAX = 4_096
/** Their bytes, per link: whoever sends the largest envelopes faster than they are processed does not fill the memory. */
export const INBOX_BYTES_MAX = 64 * 1_048_576

export interface EnvelopeInboxOptions {
  readonly log: LogPort
  readonly receive: (envelope: Uint8Array) => Promise<Outcome>
  /** Sends an answer; does nothing once the link is closed. */
  readonly answer: (frame: Extract<Frame, { type: 'ack' | 'refuse' }>) => void
}

export class EnvelopeInbox {
  readonly #options: EnvelopeInboxOptions
  #processing = 0
  #bytes = 0
  #acknowledgements: Uint8Array[] = []

  constructor(options: EnvelopeInboxOptions) {
    this.#options = options
  }

  take(bytes: Uint8Array): void {
    const { log, receive } = this.#options
    if (this.#processing >= INBOX_ENVELOPES_MAX || this.#bytes + bytes.length > INBOX_BYTES_MAX) {
      log.log('warn', 'envelope dropped: too many at once', { waiting: this.#processing })
      return
    }
    this.#processing++
    this.#bytes += bytes.length
    const release = () => {
      this.#processing--
      this.#bytes -= bytes.length
    }
    receive(bytes).then(
      (outcome) => {
        release()
        this.#answer(bytes, outcome)
      },
      (error: unknown) => {
        release()
        // Not acknowledged, so it comes again: after a full disk, a restart, an update.
        log.log('error', 'envelope not processed', { error: String(error) })
      },
    )
  }

  #answer(bytes: Uint8Array, outcome: Outcome): void {
    if (outcome.type === 'nothing') return
    const id = envelopeId(bytes)
    if (outcome.type === 'refuse') {
      this.#options.answer({ type: 'refuse', ids: [id], reason: outcome.reason })
      return
    }
    this.#acknowledgements.push(id)
    if (this.#acknowledgements.length === 1) queueMicrotask(() => this.#flush())
    else if (this.#acknowledgements.length >= FRAME_ENVELOPE_IDS_MAX) this.#flush()
  }

  #flush(): void {
    const ids = this.#acknowledgements
    this.#acknowledgements = []
    if (ids.length > 0) this.#options.answer({ type: 'ack', ids })
  }
}
