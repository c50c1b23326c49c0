/** A WebRTC data channel as libp2p wants a connection: bytes without boundaries, on which Noise proves who is there. */
import type { AbortOptions, Logger } from '@libp2p/interface'
import { AbstractMultiaddrConnection } from '@libp2p/utils'
import type { SendResult } from '@libp2p/utils'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { RtcChannel } from './rtc-peer.ts'
import { CHANNEL_MESSAGE_BYTES_MAX } from './signals.ts'

/** What may wait inside the library; with more, the writer waits until half of it is gone. */
const BUFFER_BYTES_MAX = 1_048_576

export interface ChannelConnectionInit {
  readonly remoteAddr: Multiaddr
  readonly direction: 'inbound' | 'outbound'
  readonly log: Logger
}

/** Owns the channel from here on. */
export class ChannelConnection extends AbstractMultiaddrConnection {
  readonly #channel: RtcChannel
  #drained: (() => void) | undefined

  constructor(channel: RtcChannel, init: ChannelConnectionInit) {
    super(init)
    this.#channel = channel
    channel.listen({
      onBytes: (bytes) => this.onData(bytes),
      onRoom: () => {
        this.#drained?.()
        this.safeDispatchEvent('drain')
      },
      onClosed: () => {
        this.#drained?.()
        this.onTransportClosed()
      },
    })
    channel.setLowMark(BUFFER_BYTES_MAX / 2)
  }

  sendData(data: Iterable<Uint8Array>): SendResult {
    let sentBytes = 0
    for (const bytes of data) {
      for (let at = 0; at < bytes.length; at += CHANNEL_MESSAGE_BYTES_MAX) {
        const piece = bytes.subarray(at, at + CHANNEL_MESSAGE_BYTES_MAX)
        this.#channel.send(piece)
        sentBytes += piece.length
      }
    }
    return { sentBytes, canSendMore: this.#channel.bufferedBytes < BUFFER_BYTES_MAX }
  }

  /** What the library has not sent yet would be lost. */
  async sendClose({ signal }: AbortOptions = {}): Promise<void> {
    if (this.#channel.bufferedBytes > 0) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#drained = resolve
      this.#channel.setLowMark(0)
      signal?.addEventListener('abort', () => resolve(), { once: true })
      await promise
    }
    this.#channel.close()
  }

  sendReset(): void {
    this.#channel.close()
  }

  // Yamux grants windows, so that no more than those comes while nobody reads.
  sendPause(): void {}
  sendResume(): void {}
}
