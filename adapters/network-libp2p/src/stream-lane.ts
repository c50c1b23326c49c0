/**
 * One libp2p stream under a link: its events, what was read of it and not yet taken, how it ends. A link that moves
 * has two for a while. Spec: LINK-1…LINK-4, LINK-8, LINK-10.
 */
import type { Connection, Stream, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface'
import { LINK_CLOSE_TIMEOUT_MS, LINK_WRITE_BYTES_MAX } from '@parley/core'
import { FrameDecoder } from './frame-codec.ts'
import type { FrameFault, FrameQueue } from './frame-codec.ts'

/** What a link needs of a libp2p stream … */
export type LinkStream = Pick<
  Stream,
  | 'abort'
  | 'addEventListener'
  | 'close'
  | 'pause'
  | 'readBufferLength'
  | 'readStatus'
  | 'resume'
  | 'send'
  | 'status'
  | 'writableNeedsDrain'
  | 'writeBufferLength'
  | 'writeStatus'
>
/** … and of the connection that it is in. */
export type LinkConnection = Pick<Connection, 'direct' | 'remoteAddr' | 'remotePeer'>

/** The link that a lane belongs to at the moment. */
export interface LaneOwner {
  /** More can be read. */
  onBytes(lane: StreamLane): void
  /** More can be written; said while the stream may still be writing. */
  onRoom(lane: StreamLane): void
  onIdle(lane: StreamLane): void
  onRemoteEnd(lane: StreamLane): void
  /** The stream is gone. */
  onClosed(lane: StreamLane, hasFailed: boolean): void
}

export class StreamLane {
  readonly connection: LinkConnection
  owner: LaneOwner
  readonly #stream: LinkStream
  readonly #decoder = new FrameDecoder()
  #isDiscarding = false
  #hasRemoteEnded = false
  #isClosed = false
  #abortTimer: ReturnType<typeof setTimeout> | undefined

  constructor(stream: LinkStream, connection: LinkConnection, owner: LaneOwner) {
    this.#stream = stream
    this.connection = connection
    this.owner = owner
    stream.addEventListener('message', this.#onMessage)
    stream.addEventListener('drain', () => this.owner.onRoom(this))
    stream.addEventListener('idle', () => this.owner.onIdle(this))
    stream.addEventListener('remoteCloseWrite', () => {
      this.#hasRemoteEnded = true
      this.owner.onRemoteEnd(this)
    })
    stream.addEventListener('close', (event: StreamCloseEvent) => this.#onClose(event.error !== undefined))
    if (stream.status !== 'open') queueMicrotask(() => this.#onClose(true))
  }

  /** Bytes that the stream has yet to write. */
  get writeBufferLength(): number {
    return this.#stream.writeBufferLength
  }

  /** Whether the other end wrote its last byte, and all before it was handed to {@link next}. */
  get isRead(): boolean {
    return this.#hasRemoteEnded && this.#stream.readBufferLength === 0
  }

  get hasRemoteEnded(): boolean {
    return this.#hasRemoteEnded
  }

  /** True when what was read ends inside a frame. */
  get isMidFrame(): boolean {
    return this.#decoder.isMidFrame
  }

  /** The next whole frame, `undefined` when more bytes are needed, or why the stream cannot be read any further. */
  next(): Uint8Array | FrameFault | undefined {
    return this.#decoder.next()
  }

  /** Drops what was read and what comes. */
  discard(): void {
    this.#isDiscarding = true
    this.#decoder.clear()
  }

  /** A stream that nobody reads is paused, so that the sender's window runs out instead of our memory. */
  gate(canRead: boolean): void {
    if (canRead && this.#stream.readStatus === 'paused') this.#resume()
    else if (!canRead && this.#stream.readStatus === 'readable') this.#stream.pause()
  }

  /** Writes from `queue` what the stream takes. @returns false when the connection below went away within this tick. */
  write(queue: FrameQueue): boolean {
    const stream = this.#stream
    while (queue.byteLength > 0 && stream.writeStatus === 'writable' && !stream.writableNeedsDrain) {
      if (!this.writeBytes(queue.take(LINK_WRITE_BYTES_MAX))) return false
    }
    return true
  }

  /** Writes `bytes` whether there is room or not. @returns false when the connection below is gone. */
  writeBytes(bytes: Uint8Array): boolean {
    try {
      this.#stream.send(bytes)
      return true
    } catch (error) {
      this.abort(toError(error))
      return false
    }
  }

  /** Ends our side; what was written before still leaves. With `hasDeadline` the other end must end its own soon. */
  end(hasDeadline: boolean): void {
    const stream = this.#stream
    if (stream.status !== 'open') return
    if (hasDeadline) this.endSoon()
    stream.close().catch((error: unknown) => stream.abort(toError(error)))
  }

  /** Gives the whole stream LINK_CLOSE_TIMEOUT_MS from now on. */
  endSoon(): void {
    if (this.#isClosed) return
    this.#abortTimer ??= setTimeout(
      () => this.#stream.abort(new Error('the other end did not close in time')),
      LINK_CLOSE_TIMEOUT_MS,
    )
  }

  abort(error: Error): void {
    this.#stream.abort(error)
  }

  readonly #onMessage = (event: StreamMessageEvent): void => {
    if (this.#isDiscarding) return
    for (const piece of event.data instanceof Uint8Array ? [event.data] : event.data) this.#decoder.feed(piece)
    this.owner.onBytes(this)
  }

  #onClose(hasFailed: boolean): void {
    clearTimeout(this.#abortTimer)
    if (this.#isClosed) return
    this.#isClosed = true
    this.owner.onClosed(this, hasFailed)
  }

  #resume(): void {
    try {
      this.#stream.resume()
    } catch (error) {
      // what was received is handed out before the window update for a connection that is already gone fails
      if (this.#stream.status === 'open') this.#stream.abort(toError(error))
    }
  }
}

const toError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))
