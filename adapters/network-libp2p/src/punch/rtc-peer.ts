/** One attempt to reach a device directly: ICE by node-datachannel, one data channel. Spec: NET-20…NET-23. */
import type * as library from 'node-datachannel'
import type { DataChannel, PeerConnection } from 'node-datachannel'
import {
  CANDIDATES_MAX,
  candidateLine,
  describeSession,
  isElsewhere,
  parseCandidateLine,
  parseDescription,
} from './signals.ts'
import type { Signal } from './signals.ts'

/** The library: native code, loaded with the first attempt. */
export type RtcLibrary = Pick<typeof library, 'PeerConnection'>

/** @throws Error where there is no build of the library for this system. */
export const loadRtc = (): Promise<RtcLibrary> => import('node-datachannel')

/** What may come before somebody listens: the first words of Noise. */
const UNREAD_BYTES_MAX = 65_536

export interface StunAddress {
  /** An IP address, no name: nothing is looked up. */
  readonly hostname: string
  readonly port: number
}

export interface RtcPeerOptions {
  readonly role: 'offer' | 'answer'
  /** Who is asked how our router translates. Empty: nobody. */
  readonly stun: readonly StunAddress[]
  /** Only this address of our own, and others of this machine are taken from the other end; for tests. */
  readonly bindAddress?: string
  /** Something for the other end. */
  send(signal: Signal): void
}

export interface ChannelHandlers {
  /** The bytes belong to the receiver. */
  onBytes(bytes: Uint8Array): void
  onRoom(): void
  onClosed(): void
}

/** The open data channel of an attempt that succeeded. */
export interface RtcChannel {
  /** Where the other end is: address and UDP port. */
  readonly remote: { readonly address: string; readonly port: number }
  readonly bufferedBytes: number
  /** From now on; what came before is handed over first. */
  listen(handlers: ChannelHandlers): void
  /** `onRoom` comes when no more than this is left. */
  setLowMark(bytes: number): void
  /** Copies `bytes`. @throws Error when the channel is closed. */
  send(bytes: Uint8Array): void
  close(): void
}

export class RtcPeer {
  readonly #options: RtcPeerOptions
  readonly #peer: PeerConnection
  readonly #channel: DataChannel
  readonly #opened = Promise.withResolvers<RtcChannel>()
  readonly #unread: Uint8Array[] = []
  #unreadBytes = 0
  #handlers: ChannelHandlers | undefined
  #isDescribed = false
  #candidates = 0
  #isOpen = false
  #isClosed = false

  /** @throws Error when the system has no socket for us. */
  constructor(rtc: RtcLibrary, options: RtcPeerOptions) {
    this.#options = options
    this.#peer = new rtc.PeerConnection('parley', {
      iceServers: [...options.stun],
      disableAutoNegotiation: true,
      ...(options.bindAddress === undefined ? {} : { bindAddress: options.bindAddress }),
    })
    this.#opened.promise.catch(() => undefined)
    this.#peer.onLocalDescription((sdp) => {
      const description = parseDescription(sdp)
      if (description !== undefined) options.send(description)
    })
    this.#peer.onLocalCandidate((line) => {
      const candidate = parseCandidateLine(line)
      if (candidate !== undefined) options.send(candidate)
    })
    this.#peer.onStateChange((state) => {
      if (state === 'disconnected' || state === 'failed' || state === 'closed') this.close()
    })
    this.#channel = this.#peer.createDataChannel('', { negotiated: true, id: 0 })
    this.#channel.onOpen(() => this.#onOpen())
    this.#channel.onClosed(() => this.close())
    this.#channel.onError(() => this.close())
    this.#channel.onMessage((message) => this.#onMessage(message))
    this.#channel.onBufferedAmountLow(() => this.#handlers?.onRoom())
    if (options.role === 'offer') this.#peer.setLocalDescription('offer')
  }

  /** Rejects when the attempt is closed first. */
  get opened(): Promise<RtcChannel> {
    return this.#opened.promise
  }

  /** Takes what the other end sent. @returns false when it does not fit: too many, out of order, nowhere. */
  receive(signal: Signal): boolean {
    if (this.#isClosed) return true
    try {
      return signal.type === 'description' ? this.#describe(signal) : this.#addCandidate(signal)
    } catch {
      // the library finds a contradiction in what the other end says
      return false
    }
  }

  /** Ends the attempt, unless it has succeeded. */
  giveUp(): void {
    if (!this.#isOpen) this.close()
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#opened.reject(new Error('no direct way was found'))
    this.#peer.close()
    this.#handlers?.onClosed()
  }

  #describe(description: Extract<Signal, { type: 'description' }>): boolean {
    if (this.#isDescribed) return false
    this.#isDescribed = true
    const { role } = this.#options
    const theirs = role === 'offer' ? 'answer' : 'offer'
    this.#peer.setRemoteDescription(describeSession(description, theirs), theirs)
    if (role === 'answer') this.#peer.setLocalDescription('answer')
    return true
  }

  #addCandidate(candidate: Extract<Signal, { type: 'candidate' }>): boolean {
    this.#candidates += 1
    if (!this.#isDescribed || this.#candidates > CANDIDATES_MAX) return false
    if (this.#options.bindAddress === undefined && !isElsewhere(candidate.ip)) return true
    this.#peer.addRemoteCandidate(candidateLine(candidate, this.#candidates), '0')
    return true
  }

  #onOpen(): void {
    if (this.#isClosed) return
    this.#isOpen = true
    const { address, port } = this.#peer.getSelectedCandidatePair()?.remote ?? { address: '', port: 0 }
    const channel = this.#channel
    this.#opened.resolve({
      remote: { address, port },
      get bufferedBytes() {
        return channel.isOpen() ? channel.bufferedAmount() : 0
      },
      listen: (handlers) => this.#listen(handlers),
      setLowMark: (bytes) => channel.setBufferedAmountLowThreshold(bytes),
      send: (bytes) => void channel.sendMessageBinary(bytes),
      close: () => this.close(),
    })
  }

  #listen(handlers: ChannelHandlers): void {
    this.#handlers = handlers
    for (const bytes of this.#unread.splice(0)) handlers.onBytes(bytes)
    if (this.#isClosed) handlers.onClosed()
  }

  #onMessage(message: string | Uint8Array | ArrayBuffer): void {
    // a channel of bytes: text is from nobody who keeps to the protocol
    if (typeof message === 'string') return this.close()
    const bytes = message instanceof ArrayBuffer ? new Uint8Array(message) : message
    if (this.#handlers !== undefined) return this.#handlers.onBytes(bytes)
    this.#unread.push(bytes)
    this.#unreadBytes += bytes.length
    if (this.#unreadBytes > UNREAD_BYTES_MAX) this.close()
  }
}
