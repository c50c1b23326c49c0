/**
 * One link over libp2p streams, one at a time: coalesced writes, back-pressure both ways, the half-open rule, and the
 * move to another stream on which nothing is lost or repeated. Spec: LINK-1…LINK-4, LINK-8, LINK-10.
 */
import { FRAME_BYTES_MAX, assert } from '@parley/core'
import { LINK_BUFFER_BYTES_MAX } from '@parley/engine'
import type { Link, LinkCloseReason, LinkHandlers } from '@parley/engine'
import { FRAME_PREFIX_BYTES, FrameQueue } from './frame-codec.ts'
import { StreamLane } from './stream-lane.ts'
import type { LaneOwner, LinkConnection, LinkStream } from './stream-lane.ts'

export class StreamLink implements Link {
  readonly peerId: string
  readonly direction: 'inbound' | 'outbound'
  /** Resolves when the streams below are gone and hold nothing any more. */
  readonly ended: Promise<void>
  /** Called once, before `onClose` of the handlers. */
  onFinish: () => void = () => undefined
  /** Called when everything goes over the stream that the link moved to. */
  onMoved: () => void = () => undefined

  readonly #bufferBytesMax: number
  readonly #queue = new FrameQueue()
  readonly #lanes = new Set<StreamLane>()
  readonly #resolveEnded: () => void
  #reading: StreamLane
  #writing: StreamLane
  /** Read after `#reading`, when the other end has written its last byte there. */
  #next: StreamLane | undefined
  /** The other end was asked to move: if it ends its side of the old stream, it may go on elsewhere. */
  #isMoveAsked = false
  #handlers: LinkHandlers | undefined
  #closeReason: LinkCloseReason | undefined
  #isFlushScheduled = false
  #isPumping = false
  #isReceiverBusy = false
  #isSenderWaiting = false

  /** @param bufferBytesMax what may wait to be sent; a frame larger than that waits alone. */
  constructor(
    stream: LinkStream,
    connection: LinkConnection,
    direction: 'inbound' | 'outbound',
    bufferBytesMax = LINK_BUFFER_BYTES_MAX,
  ) {
    this.#bufferBytesMax = bufferBytesMax
    this.peerId = connection.remotePeer.toString()
    this.direction = direction
    const { promise, resolve } = Promise.withResolvers<void>()
    this.ended = promise
    this.#resolveEnded = resolve
    this.#reading = this.#writing = new StreamLane(stream, connection, this.#laneOwner)
    this.#lanes.add(this.#reading)
    this.suspend()
  }

  get isOpen(): boolean {
    return this.#closeReason === undefined
  }

  get remoteAddress(): string {
    return this.#writing.connection.remoteAddr.toString()
  }

  /** Until the last byte each way is on the new stream, a link that moves counts as what it was. */
  get isRelayed(): boolean {
    return !this.#writing.connection.direct || !this.#reading.connection.direct
  }

  /** False while the link is on its way to another stream. */
  get canMove(): boolean {
    return this.isOpen && this.#reading === this.#writing && !this.#isMoveAsked
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
    const waiting = this.#queue.byteLength + this.#writing.writeBufferLength
    if (waiting > 0 && waiting + FRAME_PREFIX_BYTES + frame.length > this.#bufferBytesMax) {
      this.#isSenderWaiting = true
      return false
    }
    this.#queue.push(frame)
    this.#scheduleFlush()
    return true
  }

  /** What was accepted by {@link send} still leaves, within LINK_CLOSE_TIMEOUT_MS. */
  close(): void {
    if (!this.isOpen) return
    this.#finish('local')
    for (const lane of this.#lanes) lane.endSoon()
    this.#flush()
  }

  /** Ends the link because there is a newer one to this peer. `onClose` is called at once, before the newer one appears. */
  replace(): void {
    if (!this.isOpen) return
    const handlers = this.#handlers
    this.#handlers = undefined
    this.#finish('remote')
    this.#endLanes()
    handlers?.onClose('remote')
  }

  /** Drops everything at once. */
  abort(reason: LinkCloseReason): void {
    this.#finish(reason)
    this.#abortLanes(`link closed: ${reason}`)
  }

  /** From now until {@link moveAnswered}, the end of the stream may mean that the other end goes on elsewhere. */
  moveAsked(): void {
    this.#isMoveAsked = true
  }

  moveAnswered(): void {
    this.#isMoveAsked = false
    this.#finishIfRead()
  }

  /**
   * Writes on the stream of `link` from the next whole frame on, and reads there what comes after the last byte of the
   * stream of now. `link` has given its stream away then, and is no link any more. Spec: LINK-10.
   */
  continueOn(link: StreamLink): void {
    assert(this.isOpen && this.#next === undefined, 'a link moves once at a time')
    const before = this.#writing
    this.#next = link.#giveAway(this)
    this.#writing = this.#next
    this.#lanes.add(this.#next)
    const rest = this.#queue.takeStarted()
    if (rest.length === 0 || before.writeBytes(rest)) before.end(false)
    this.#scheduleFlush()
    this.#finishIfRead()
  }

  #giveAway(owner: StreamLink): StreamLane {
    const lane = this.#writing
    const waiting = this.#queue.take(this.#queue.byteLength)
    if (waiting.length > 0) lane.writeBytes(waiting)
    this.#closeReason = 'remote'
    this.#handlers = undefined
    this.#lanes.delete(lane)
    lane.owner = owner.#laneOwner
    this.#resolveEnded()
    return lane
  }

  readonly #laneOwner: LaneOwner = {
    onBytes: (lane) => {
      if (lane === this.#reading && this.isOpen) this.#pump()
    },
    onRoom: (lane) => {
      if (lane === this.#writing) this.#flush()
    },
    // After a drain the stream writes the rest a moment later, and may never need another drain. It says so while it
    // is still writing, when nothing can be added.
    onIdle: (lane) => {
      if (lane === this.#writing && (this.#isSenderWaiting || this.#queue.byteLength > 0)) this.#scheduleFlush()
    },
    onRemoteEnd: () => queueMicrotask(() => this.#finishIfRead()),
    onClosed: (lane, hasFailed) => this.#onLaneClosed(lane, hasFailed),
  }

  #scheduleFlush(): void {
    if (this.#isFlushScheduled) return
    this.#isFlushScheduled = true
    setImmediate(this.#flush)
  }

  readonly #flush = (): void => {
    this.#isFlushScheduled = false
    if (!this.#writing.write(this.#queue)) this.abort('transport')
    if (this.#closeReason === 'local' && this.#queue.byteLength === 0) this.#endLanes()
    if (this.#isSenderWaiting && this.isOpen && this.#queue.byteLength <= this.#bufferBytesMax / 2) {
      this.#isSenderWaiting = false
      this.#handlers?.onDrain()
    }
  }

  readonly #pump = (): void => {
    if (this.#isPumping) return
    this.#isPumping = true
    while (this.isOpen && this.#handlers !== undefined && !this.#isReceiverBusy) {
      const frame = this.#reading.next()
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

  #gate(): void {
    const canRead = !this.isOpen || (this.#handlers !== undefined && !this.#isReceiverBusy)
    this.#reading.gate(canRead)
    this.#next?.gate(!this.isOpen)
  }

  /** The remote end wrote its last byte: hand over what is left, then close our side too, or the stream stays half open. */
  #finishIfRead(): void {
    if (!this.isOpen || this.#handlers === undefined || this.#isReceiverBusy || !this.#reading.isRead) return
    if (this.#reading.isMidFrame) {
      this.#finish('malformed')
      this.#endLanes()
    } else if (this.#next !== undefined) this.#readNext(this.#next)
    else if (!this.#isMoveAsked) {
      this.#finish('remote')
      this.#endLanes()
    }
  }

  #readNext(next: StreamLane): void {
    this.#reading = next
    this.#next = undefined
    this.onMoved()
    this.#pump()
  }

  #onLaneClosed(lane: StreamLane, hasFailed: boolean): void {
    if (lane === this.#reading && !hasFailed && lane.hasRemoteEnded) this.#finishIfRead()
    // of a stream that the link has left, nothing more was wanted; had it failed before the other end was through
    // with it, the other end would say so on the new one
    else if (lane === this.#reading || lane === this.#writing) {
      this.#finish('transport')
      this.#lanes.delete(lane)
      if (this.#closeReason === 'transport') this.#abortLanes('the connection of the link failed')
    }
    this.#lanes.delete(lane)
    if (this.#lanes.size === 0) this.#resolveEnded()
  }

  #finish(reason: LinkCloseReason): void {
    if (!this.isOpen) return
    this.#closeReason = reason
    for (const lane of this.#lanes) lane.discard()
    if (reason !== 'local') this.#queue.clear()
    this.#gate()
    this.onFinish()
    const handlers = this.#handlers
    if (handlers !== undefined) queueMicrotask(() => handlers.onClose(reason))
  }

  #endLanes(): void {
    for (const lane of this.#lanes) lane.end(true)
  }

  #abortLanes(reason: string): void {
    for (const lane of [...this.#lanes]) lane.abort(new Error(reason))
  }
}
