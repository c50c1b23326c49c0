/** What waits to be processed in all inboxes of an engine together, and who stopped reading because of it. DLV-7 */

/** Bounds of what waits. A link stops reading over half of one and goes on under a quarter; over the whole, it drops. */
export interface InboxLimits {
  /** Envelopes of one link. */
  readonly envelopesMax: number
  /** Their bytes. */
  readonly bytesMax: number
  /** Bytes of all links. */
  readonly allBytesMax: number
  /** What a link may have waiting however much the others have: nobody is stopped by a flood of somebody else. */
  readonly shareBytes: number
}

/** What an envelope that waits takes besides its bytes: the job, its promises, its place in the queue. */
export const INBOX_ENTRY_BYTES = 1_024

export class InboxTotal {
  readonly limits: InboxLimits
  #bytes = 0
  /** Called when there is room again. */
  readonly #paused = new Set<() => void>()

  constructor(limits: InboxLimits) {
    this.limits = limits
  }

  get bytes(): number {
    return this.#bytes
  }
  get isCrowded(): boolean {
    return this.#bytes > this.limits.allBytesMax / 2
  }
  get isCalm(): boolean {
    return this.#bytes < this.limits.allBytesMax / 4
  }

  hasRoomFor(envelopeBytes: number): boolean {
    return this.#bytes + envelopeBytes + INBOX_ENTRY_BYTES <= this.limits.allBytesMax
  }

  add(envelopeBytes: number): void {
    this.#bytes += envelopeBytes + INBOX_ENTRY_BYTES
  }

  remove(envelopeBytes: number): void {
    this.#bytes -= envelopeBytes + INBOX_ENTRY_BYTES
    if (this.isCalm) for (const relieve of [...this.#paused]) relieve()
  }

  /** `relieve` is called, possibly often, until it is {@link resumed}. */
  paused(relieve: () => void): void {
    this.#paused.add(relieve)
  }

  resumed(relieve: () => void): void {
    this.#paused.delete(relieve)
  }
}
