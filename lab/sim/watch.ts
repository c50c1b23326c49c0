/** What must hold after every event, whatever happened. A breach ends the run with its seed. */
import { createHash } from 'node:crypto'
import type { LogFields, LogLevel, Message, MessageState } from '@parley/engine'
import type { Timeline } from './timeline.ts'

/** In every text, name of a reaction's author apart, that a person writes in this world. */
export const MARKER = 'PLAINTEXT'
const MARKER_BYTES = Buffer.from(MARKER)
const TRACE_LINES_MAX = 200_000

/** A law was broken. The message says which, where and when. */
export class Breach extends Error {
  override readonly name = 'Breach'
}

/**
 * A state may only become one of these. `stored` is queued again when its reader cannot read it, and fails when it waited
 * too long; `failed` is left by a retry, or when the message turns out to have arrived. ST-1, ST-3, OFF-11
 */
const NEXT: Readonly<Record<MessageState, readonly MessageState[]>> = {
  queued: ['queued', 'sent', 'stored', 'delivered', 'read', 'failed'],
  stored: ['stored', 'sent', 'delivered', 'read', 'queued', 'failed'],
  sent: ['sent', 'delivered', 'read'],
  delivered: ['delivered', 'read'],
  read: ['read'],
  failed: ['failed', 'sent', 'stored', 'delivered', 'read'],
}

export class Watch {
  readonly breaches: string[] = []
  readonly lines: string[] = []
  readonly #timeline: Timeline
  readonly isTracing: boolean
  readonly #digest = createHash('sha256')
  readonly #states = new Map<string, { readonly state: MessageState; readonly at: number }>()
  #shown = 0

  constructor(timeline: Timeline, isTracing: boolean) {
    this.#timeline = timeline
    this.isTracing = isTracing
  }

  breach(what: string): void {
    this.breaches.push(`${this.#time()} ${what}`)
    this.trace(`BREACH ${what}`)
  }

  trace(line: string): void {
    if (this.isTracing && this.lines.length < TRACE_LINES_MAX) this.lines.push(`${this.#time()} ${line}`)
  }

  /** @throws Breach as soon as one is known. */
  check(): void {
    if (this.breaches.length > 0) throw new Breach(this.breaches.join('\n'))
  }

  onSent(who: string, frame: Uint8Array): void {
    if (Buffer.from(frame.buffer, frame.byteOffset, frame.length).includes(MARKER_BYTES)) {
      this.breach(`${who} handed plaintext to the network`)
    }
    this.#digest.update(`${this.#timeline.nowMs} ${who} ${frame.length} `).update(frame)
  }

  onLogged(who: string, level: LogLevel, message: string, fields: LogFields): void {
    if (message.includes(MARKER) || JSON.stringify(fields).includes(MARKER)) this.breach(`${who} logged plaintext`)
    this.trace(`${who} ${level} ${message} ${JSON.stringify(fields)}`)
  }

  /** Grows with everything that is shown. */
  get shown(): number {
    return this.#shown
  }

  /**
   * Everything that a device shows passes here. `asked`: the value of {@link shown} when this was asked for. An answer
   * may arrive behind an event that is newer than it, and then says nothing.
   */
  onShown(who: string, messages: readonly Message[], asked = this.#shown): void {
    for (const { id, state } of messages) {
      const key = `${who} ${id}`
      const before = this.#states.get(key)
      if (before !== undefined && before.at > asked) continue
      if (before !== undefined && !NEXT[before.state].includes(state)) {
        this.breach(`${who} shows ${id.slice(0, 8)} as ${state} after ${before.state}`)
      }
      if (before?.state === state) continue
      this.trace(`${who} shows ${id.slice(0, 8)} as ${state}`)
      this.#states.set(key, { state, at: ++this.#shown })
    }
  }

  /** A person pressed retry: the message may be queued again. */
  onRetry(who: string, id: string): void {
    this.#states.set(`${who} ${id}`, { state: 'queued', at: ++this.#shown })
  }

  /** Goes into the digest of the run. */
  record(bytes: Uint8Array | string): void {
    this.#digest.update(bytes)
  }

  digest(): string {
    return this.#digest.copy().digest('hex')
  }

  #time(): string {
    return `${(this.#timeline.nowMs / 1_000).toFixed(3)}s`
  }
}
