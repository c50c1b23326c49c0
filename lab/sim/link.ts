/** One link of the simulated network: two ends, two directions, and everything that can happen to a frame on its way. */
import { decodeFrame, envelopeId, toHex } from '@parley/core'
import type { Link, LinkCloseReason, LinkHandlers } from '@parley/engine'
import type { Dice } from './dice.ts'
import type { Faults } from './faults.ts'
import type { Tally } from './tally.ts'
import type { Timeline } from './timeline.ts'

/** What a link needs from the network that it belongs to. */
export interface LinkHost {
  readonly timeline: Timeline
  readonly dice: Dice
  readonly tally: Tally
  /** The faults that are on now. */
  faults(): Faults
  isPartitioned(a: string, b: string): boolean
  /** Every frame that a device hands over, before any fault. */
  onSent(from: string, to: string, frame: Uint8Array): void
  /** Test hook: true drops this frame silently. */
  isDoomed(from: string, to: string, frame: Uint8Array): boolean
  trace(line: string): void
}

interface Parcel {
  readonly frame: Uint8Array
  /** Bytes that the sender is credited with on arrival; 0 for copies. */
  readonly credit: number
}

export class LinkEnd implements Link {
  readonly peerId: string
  readonly direction: 'inbound' | 'outbound'
  readonly remoteAddress: string
  readonly isRelayed = false
  readonly ownPeerId: string
  onFinish: () => void = () => undefined
  /** Whether the process that this end belonged to is gone: nothing is told to it, not even that the link closed. */
  isOwnerGone: () => boolean = () => false
  readonly #host: LinkHost
  #other: LinkEnd | undefined
  #handlers: LinkHandlers | undefined
  #closeReason: LinkCloseReason | undefined
  #isDead = false
  /** Frames of this moment, leaving together. */
  #leaving: Parcel[] = []
  /** Arrival of the newest frame: nothing but a fault lets another overtake it. */
  #lastArrivalMs = 0
  /** Arrived and not yet read, or held back by a partition. */
  #arrived: Parcel[] = []
  #inFlightBytes = 0
  #isSenderWaiting = false
  #hasRemoteEnded = false

  constructor(
    host: LinkHost,
    ends: { readonly own: string; readonly peer: string; readonly address: string },
    isDialler: boolean,
  ) {
    this.#host = host
    this.ownPeerId = ends.own
    this.peerId = ends.peer
    this.remoteAddress = ends.address
    this.direction = isDialler ? 'outbound' : 'inbound'
  }

  static join(a: LinkEnd, b: LinkEnd): void {
    a.#other = b
    b.#other = a
  }

  get isOpen(): boolean {
    return this.#closeReason === undefined
  }

  listen(handlers: LinkHandlers): void {
    this.#handlers = handlers
    this.#host.timeline.after(0, () => {
      const reason = this.#closeReason
      if (reason === undefined) this.read()
      else if (!this.#isSilenced) handlers.onClose(reason)
    })
  }

  send(frame: Uint8Array): boolean {
    if (this.#isDead || this.#closeReason !== undefined) return false
    const { bufferBytes } = this.#host.faults()
    if (this.#inFlightBytes > 0 && this.#inFlightBytes + frame.length > bufferBytes) {
      this.#isSenderWaiting = true
      this.#host.tally.count('send buffer full')
      return false
    }
    this.#inFlightBytes += frame.length
    this.#host.onSent(this.ownPeerId, this.peerId, frame)
    for (const parcel of this.#route(frame)) this.#leave(parcel)
    return true
  }

  /** A frame that nobody sent on this link. */
  inject(frame: Uint8Array): void {
    if (this.#closeReason === undefined) this.#leave({ frame, credit: 0 })
  }

  close(): void {
    if (this.#isDead) return
    this.#tellOther()
    this.finish('local')
  }

  /** The transport ends both ends at once, whatever is on its way. */
  reset(): void {
    this.#other?.finish('transport')
    this.finish('transport')
  }

  /** The process is gone: nothing is told to it any more. `isSilent`: the other end learns it from its own probes only. */
  kill(isSilent: boolean, livenessMs: number): void {
    if (this.#isDead) return
    if (isSilent) this.#host.timeline.after(livenessMs, () => this.#other?.finish('transport'))
    else if (this.#closeReason === undefined) this.#tellOther()
    this.#isDead = true
    this.finish('local')
  }

  /** This end closes now with `reason`; what arrived and was not read is lost. */
  finish(reason: LinkCloseReason): void {
    if (this.#closeReason !== undefined) return
    this.#closeReason = reason
    this.#arrived = []
    this.onFinish()
    const handlers = this.#handlers
    if (handlers !== undefined && !this.#isDead)
      this.#host.timeline.after(0, () => this.#isSilenced || handlers.onClose(reason))
  }

  /** A partition ended: what it held back goes on. */
  resume(): void {
    this.read()
  }

  #tellOther(): void {
    const { timeline } = this.#host
    const atMs = Math.max(this.#lastArrivalMs, timeline.nowMs + this.#latency())
    const other = this.#other
    timeline.after(atMs - timeline.nowMs, () => {
      if (other === undefined) return
      other.#hasRemoteEnded = true
      other.read()
    })
  }

  #latency(): number {
    const { latencyMsMin, latencyMsMax } = this.#host.faults()
    return this.#host.dice.between(latencyMsMin, latencyMsMax)
  }

  /** What becomes of a frame: none, one or several parcels. */
  #route(frame: Uint8Array): readonly Parcel[] {
    const { dice, tally } = this.#host
    const faults = this.#host.faults()
    const type = frameName(frame)
    tally.count(`frame: ${type.split(' ')[0]}`)
    this.#host.trace(`${this.#name} sends ${type}`)
    if (this.#host.isDoomed(this.ownPeerId, this.peerId, frame) || dice.chance(faults.frameDrop)) {
      tally.count('frame dropped')
      this.#host.trace(`${this.#name} drops ${type}`)
      this.#inFlightBytes -= frame.length
      return []
    }
    if (dice.chance(faults.frameMutate)) {
      tally.count('frame mutated')
      this.#host.trace(`${this.#name} mutates ${type}`)
      return [{ frame: mutate(dice, frame), credit: frame.length }]
    }
    const parcel = { frame, credit: frame.length }
    if (!type.startsWith('envelope')) return [parcel]
    if (dice.chance(faults.frameReplay)) this.#replayLater(frame)
    if (dice.chance(faults.frameDuplicate)) {
      tally.count('frame duplicated')
      return [parcel, { frame, credit: 0 }]
    }
    if (!dice.chance(faults.frameReorder)) return [parcel]
    tally.count('frame reordered')
    this.#host.timeline.after(this.#latency() + dice.between(1, 2_000), () => this.#other?.arrive([parcel]))
    return []
  }

  #replayLater(frame: Uint8Array): void {
    const { timeline, dice, tally } = this.#host
    timeline.after(dice.between(100, 10_000), () => {
      if (!this.isOpen || this.#host.faults().frameReplay === 0) return
      tally.count('frame replayed')
      this.inject(frame)
    })
  }

  #leave(parcel: Parcel): void {
    this.#leaving.push(parcel)
    if (this.#leaving.length > 1) return
    const { timeline } = this.#host
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, timeline.nowMs + this.#latency())
    timeline.after(this.#lastArrivalMs - timeline.nowMs, () => this.#other?.arrive(this.#leaving.splice(0)))
  }

  arrive(parcels: readonly Parcel[]): void {
    if (this.#isDead || this.#closeReason !== undefined) return
    this.#arrived.push(...parcels)
    this.read()
  }

  read(): void {
    if (this.#host.isPartitioned(this.ownPeerId, this.peerId)) return
    while (this.#closeReason === undefined && this.#handlers !== undefined) {
      const parcel = this.#arrived.shift()
      if (parcel === undefined) break
      this.#other?.credit(parcel.credit)
      // The receiver owns its bytes. The engine takes every frame at once, so a busy receiver is not modelled.
      void this.#handlers.onFrame(parcel.frame.slice())
    }
    if (this.#hasRemoteEnded && this.#handlers !== undefined) this.finish('remote')
  }

  credit(bytes: number): void {
    this.#inFlightBytes -= bytes
    if (!this.#isSenderWaiting || this.#inFlightBytes > this.#host.faults().bufferBytes / 2) return
    this.#isSenderWaiting = false
    this.#host.timeline.after(0, () => {
      if (!this.#isSilenced && this.#closeReason === undefined) this.#handlers?.onDrain()
    })
  }

  get #isSilenced(): boolean {
    return this.#isDead || this.isOwnerGone()
  }

  get #name(): string {
    return `…${this.ownPeerId.slice(-4)}→…${this.peerId.slice(-4)}`
  }
}

/** Type of a frame and the first digits of the envelopes that it is about, for traces. */
function frameName(bytes: Uint8Array): string {
  const frame = decodeFrame(bytes)
  if (frame === undefined) return 'malformed'
  const ids =
    frame.type === 'envelope'
      ? [envelopeId(frame.bytes)]
      : frame.type === 'ack' || frame.type === 'refuse'
        ? frame.ids
        : []
  const reason = frame.type === 'refuse' ? ` ${frame.reason}` : ''
  return [frame.type, ...ids.map((id) => toHex(id).slice(0, 6))].join(' ') + reason
}

/**
 * Garbage from the peer. A transport that authenticates never damages a frame, so the last bytes change too: they name
 * an envelope, and the name of a damaged one is another.
 */
function mutate(dice: Dice, frame: Uint8Array): Uint8Array {
  const changed = frame.slice()
  for (let count = dice.between(1, 3); count > 0; count--) {
    const index = dice.between(0, changed.length - 1)
    changed[index] = (changed[index] ?? 0) ^ (1 << dice.between(0, 7))
  }
  const last = changed.length - 1
  changed[last] = (frame[last] ?? 0) ^ (1 << dice.between(0, 7))
  return changed
}
