import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { AbortOptions, Logger } from '@libp2p/interface'
import { AbstractMultiaddrConnection } from '@libp2p/utils'
import type { SendResult } from '@libp2p/utils'
import type { Multiaddr } from '@multiformats/multiaddr'

/** A connected socket, paused or not, as libp2p wants it. Owns the socket from here on. */
export class SocksConnection extends AbstractMultiaddrConnection {
  readonly #socket: Socket

  constructor(socket: Socket, remoteAddr: Multiaddr, log: Logger) {
    super({ remoteAddr, direction: 'outbound', log })
    this.#socket = socket
    socket.on('data', (bytes) => this.onData(bytes))
    socket.on('error', (error) => this.abort(error))
    socket.once('end', () => this.onTransportClosed())
    socket.once('close', () => this.onTransportClosed())
    socket.on('drain', () => this.safeDispatchEvent('drain'))
    socket.resume()
  }

  sendData(data: Iterable<Uint8Array>): SendResult {
    let sentBytes = 0
    let canSendMore = true
    for (const bytes of data) {
      sentBytes += bytes.byteLength
      canSendMore = this.#socket.write(bytes)
      if (!canSendMore) break
    }
    return { sentBytes, canSendMore }
  }

  async sendClose({ signal }: AbortOptions = {}): Promise<void> {
    if (this.#socket.destroyed) return
    const closed = once(this.#socket, 'close', signal === undefined ? {} : { signal })
    this.#socket.destroySoon()
    await closed
  }

  sendReset(): void {
    this.#socket.destroy()
  }

  sendPause(): void {
    this.#socket.pause()
  }

  sendResume(): void {
    this.#socket.resume()
  }
}
