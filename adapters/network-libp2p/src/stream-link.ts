/** One link over one libp2p stream: coalesced writes, back-pressure both ways, the half-open rule. Spec: LINK-1…LINK-4. */
import type { Connection, Stream, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface'
import { FRAME_BYTES_MAX, LINK_CLOSE_TIMEOUT_MS, LINK_WRITE_BYTES_MAX, assert } from '@parley/core'
import { LINK_BUFFER_BYTES_MAX } from '@parley/engine'
import type { Link, LinkCloseReason, LinkHandlers } from '@parley/engine'
import { FRAME_PREFIX_BYTES, FrameDecoder, FrameQueue } from './frame-codec.ts'

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

export class StreamLink implements Link {
  readonly peerId: string
  readonly direction: 'inbound' | 'outbound'
  readonly remoteAddress: string
  readonly isRelayed: boolean
  /** Resolves when the stream below is gone and holds nothing any more. */
  readonly ended: Promise<void>
  /** Called once, before `onClose` of the handlers. */
  onFinish: () => void = () => undefined

  readonly #stream: LinkStream
  readonly #bufferBytesMax: number
  readonly #decoder = new FrameDecoder()
  readonly #queue = new FrameQueue()
  #handlers: LinkHandlers | undefined
  #closeReason: LinkCloseReason | undefined
  #isFlushScheduled = false
  #isPumping = false
  #isReceiverBusy = false
  #isSenderWaiting = false
  #hasRemoteEnded = false
  #abortTimer: ReturnType<typeof setTimeout> | undefined

  /** @param bufferBytesMax what may wait to be sent; a frame larger than that waits alone. */
  constructor(
    stream: LinkStream,
    connection: LinkConnection,
    direction: 'inbound' | 'outbound',
    bufferBytesMax = LINK_BUFFER_BYTES_MAX,
  ) {
    this.#stream = stream
    this.#bufferBytesMax = bufferBytesMax
    this.peerId = connection.remotePeer.toString()
    this.direction = direction
    this.remoteAddress = connection.remoteAddr.toString()
    this.isRelayed = !connection.direct
    const { promise, resolve } = Promise.withResolvers<void>()
    this.ended = promise
    stream.addEventListener('message', this.#onMessage)
    stream.addEventListener('drain', this.#flush)
    stream.addEventListener('idle', this.#onIdle)
    stream.addEventListener('remoteCloseWrite', this.#onRemoteEnd)
    stream.addEventListener('close', (event) => {
      clearTimeout(this.#abortTimer)
      this.#onStreamClosed(event)
      resolve()
    })
    this.suspend()
    if (stream.status !== 'open') queueMicrotask(() => (this.#finish('transport'), resolve()))
  }

  get isOpen(): boolean {
    return this.#closeReason === undefined
  }

  listen(handlers: LinkHandlers): void {
    this.#handlers = handlers
    const reason = this.#closeReason
    queueMicrotask(reason === undefined ? this.#pump : () => handlers.onClose(reason))
  }

  /** Takes the handlers away; what arrives waits for the next {@link listen}, and the sender is slowed down. */
  suspend(): void {
    this.#handlers = undefined
    this.#gate()
  }

  send(frame: Uint8Array): boolean {
    assert(frame.length > 0 && frame.length <= FRAME_BYTES_MAX, 'a frame has 1…FRAME_BYTES_MAX bytes')
    if (!this.isOpen) return false
    const waiting = this.#queue.byteLength + this.#stream.writeBufferLength
    if (waiting > 0 && waiting + FRAME_PREFIX_BYTES + frame.length > this.#bufferBytesMax) {
      this.#isSenderWaiting = true
      return false
    }
    this.#queue.push(frame)
    if (!this.#isFlushScheduled) {
      this.#isFlushScheduled = true
      setImmediate(this.#flush)
    }
    return true
  }

  /** What was accepted by {@link send} still leaves, within LINK_CLOSE_TIMEOUT_MS. */
  close(): void {
    if (!this.isOpen) return
    this.#finish('local')
    this.#abortUnlessEnded()
    this.#flush()
  }

  /** Ends the link because there is a newer one to this peer. `onClose` is called at once, before the newer one appears. */
  replace(): void {
    if (!this.isOpen) return
    const handlers = this.#handlers
    this.#handlers = undefined
    this.#finish('remote')
    this.#closeStream()
    handlers?.onClose('remote')
  }

  /** Drops everything at once. */
  abort(reason: LinkCloseReason): void {
    this.#finish(reason)
    this.#stream.abort(new Error(`link closed: ${reason}`))
  }

  readonly #flush = (): void => {
    this.#isFlushScheduled = false
    this.#write()
    if (this.#closeReason === 'local' && this.#queue.byteLength === 0) this.#closeStream()
    if (this.#isSenderWaiting && this.isOpen && this.#queue.byteLength <= this.#bufferBytesMax / 2) {
      this.#isSenderWaiting = false
      this.#handlers?.onDrain()
    }
  }

  /**
   * After a drain the stream writes the rest a moment later, and may never need another drain. It says so while it is
   * still writing, when nothing can be added.
   */
  readonly #onIdle = (): void => {
    if (this.#isFlushScheduled || (!this.#isSenderWaiting && this.#queue.byteLength === 0)) return
    this.#isFlushScheduled = true
    setImmediate(this.#flush)
  }

  #write(): void {
    const stream = this.#stream
    while (this.#queue.byteLength > 0 && stream.writeStatus === 'writable' && !stream.writableNeedsDrain) {
      try {
        stream.send(this.#queue.take(LINK_WRITE_BYTES_MAX))
      } catch (error) {
        // the connection below went away within this tick
        this.#finish('transport')
        stream.abort(toError(error))
        return
      }
    }
  }

  readonly #onMessage = (event: StreamMessageEvent): void => {
    if (!this.isOpen) return
    for (const piece of event.data instanceof Uint8Array ? [event.data] : event.data) this.#decoder.feed(piece)
    this.#pump()
  }

  readonly #pump = (): void => {
    if (this.#isPumping) return
    this.#isPumping = true
    while (this.isOpen && this.#handlers !== undefined && !this.#isReceiverBusy) {
      const frame = this.#decoder.next()
      if (frame === undefined) break
      if (typeof frame === 'string') this.abort(frame)
      else this.#deliver(this.#handlers, frame)
    }
    this.#isPumping = false
    this.#gate()
    this.#finishIfRead()
  }

  #deliver(handlers: LinkHandlers, frame: Uint8Array): void {
    const busy = handlers.onFrame(frame)
    if (busy === undefined) return
    this.#isReceiverBusy = true
    void busy.then(() => {
      this.#isReceiverBusy = false
      this.#pump()
    })
  }

  /** A stream that nobody reads is paused, so that the sender's window runs out instead of our memory. */
  #gate(): void {
    const canRead = !this.isOpen || (this.#handlers !== undefined && !this.#isReceiverBusy)
    if (canRead && this.#stream.readStatus === 'paused') this.#resume()
    else if (!canRead && this.#stream.readStatus === 'readable') this.#stream.pause()
  }

  #resume(): void {
    try {
      this.#stream.resume()
    } catch (error) {
      // what was received is handed out before the window update for a connection that is already gone fails
      if (this.#stream.status === 'open') this.#stream.abort(toError(error))
    }
  }

  readonly #onRemoteEnd = (): void => {
    this.#hasRemoteEnded = true
    queueMicrotask(() => this.#finishIfRead())
  }

  /** The remote end wrote its last byte: hand over what is left, then close our side too, or the stream stays half open. */
  #finishIfRead(): void {
    if (!this.#hasRemoteEnded || !this.isOpen || this.#handlers === undefined || this.#isReceiverBusy) return
    if (this.#stream.readBufferLength > 0) return
    this.#finish(this.#decoder.isMidFrame ? 'malformed' : 'remote')
    this.#closeStream()
  }

  #onStreamClosed(event: StreamCloseEvent): void {
    if (event.error === undefined && this.#hasRemoteEnded) this.#finishIfRead()
    else this.#finish('transport')
  }

  #finish(reason: LinkCloseReason): void {
    if (!this.isOpen) return
    this.#closeReason = reason
    this.#decoder.clear()
    if (reason !== 'local') this.#queue.clear()
    this.#gate()
    this.onFinish()
    const handlers = this.#handlers
    if (handlers !== undefined) queueMicrotask(() => handlers.onClose(reason))
  }

  #closeStream(): void {
    const stream = this.#stream
    if (stream.status !== 'open') return
    this.#abortUnlessEnded()
    stream.close().catch((error: unknown) => stream.abort(toError(error)))
  }

  #abortUnlessEnded(): void {
    if (this.#abortTimer !== undefined) return
    this.#abortTimer = setTimeout(
      () => this.#stream.abort(new Error('the other end did not close in time')),
      LINK_CLOSE_TIMEOUT_MS,
    )
  }
}

const toError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))
