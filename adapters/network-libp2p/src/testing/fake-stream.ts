/** Streams whose every byte, end and reset travels only when the test lets it. */
import {
  StreamAbortEvent,
  StreamCloseEvent,
  StreamMessageEvent,
  StreamResetEvent,
  TypedEventEmitter,
} from '@libp2p/interface'
import type { MessageStreamEvents } from '@libp2p/interface'
import type { LinkStream } from '../stream-lane.ts'

/** What travels one way on one stream, in order. */
export class Channel {
  readonly #waiting: (() => void)[] = []

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  push(arrive: () => void): void {
    this.#waiting.push(arrive)
  }

  deliverOne(): void {
    this.#waiting.shift()?.()
  }

  /** A reset overtakes what was sent before it. */
  clear(): void {
    this.#waiting.length = 0
  }
}

export class FakeStream extends TypedEventEmitter<MessageStreamEvents> implements LinkStream {
  status: LinkStream['status'] = 'open'
  readStatus: LinkStream['readStatus'] = 'readable'
  writeStatus: LinkStream['writeStatus'] = 'writable'
  readonly writableNeedsDrain = false
  readonly writeBufferLength = 0
  readonly #outgoing: Channel
  #other: FakeStream | undefined
  #unread: Uint8Array[] = []
  #hasRemoteEnded = false

  private constructor(outgoing: Channel) {
    super()
    this.#outgoing = outgoing
  }

  /** Both ends of one stream, and the channels from the first and from the second. */
  static pair(): { readonly ends: readonly [FakeStream, FakeStream]; readonly channels: readonly [Channel, Channel] } {
    const channels = [new Channel(), new Channel()] as const
    const ends = [new FakeStream(channels[0]), new FakeStream(channels[1])] as const
    ends[0].#other = ends[1]
    ends[1].#other = ends[0]
    return { ends, channels }
  }

  get readBufferLength(): number {
    return this.#unread.reduce((length, { byteLength }) => length + byteLength, 0)
  }

  send(data: Parameters<LinkStream['send']>[0]): boolean {
    if (this.writeStatus !== 'writable') throw new Error('written after the end')
    const bytes = data.subarray()
    this.#outgoing.push(() => this.#other?.receive(bytes))
    return true
  }

  pause(): void {
    this.readStatus = 'paused'
  }

  resume(): void {
    this.readStatus = 'readable'
    this.#read()
  }

  async close(): Promise<void> {
    if (this.writeStatus !== 'writable') return
    this.writeStatus = 'closed'
    this.#outgoing.push(() => this.#other?.end())
    if (this.#hasRemoteEnded) this.#closed()
  }

  abort(error: Error): void {
    if (this.status !== 'open') return
    this.status = 'aborted'
    this.writeStatus = 'closed'
    this.readStatus = 'closed'
    this.#outgoing.clear()
    this.#outgoing.push(() => this.#other?.reset())
    this.dispatchEvent(new StreamAbortEvent(error))
  }

  /** The connection died: what is on its way to this end is lost, and it finds out when the test lets it. */
  drop(incoming: Channel): void {
    incoming.clear()
    incoming.push(() => this.reset())
  }

  receive(bytes: Uint8Array): void {
    if (this.readStatus === 'closed') return
    this.#unread.push(bytes)
    this.#read()
  }

  end(): void {
    this.#hasRemoteEnded = true
    this.dispatchEvent(new Event('remoteCloseWrite'))
    if (this.writeStatus === 'closed') this.#closed()
  }

  reset(): void {
    if (this.status !== 'open') return
    this.status = 'reset'
    this.writeStatus = 'closed'
    this.dispatchEvent(new StreamResetEvent(new Error('reset')))
  }

  #read(): void {
    while (this.readStatus === 'readable') {
      const bytes = this.#unread.shift()
      if (bytes === undefined) return
      this.dispatchEvent(new StreamMessageEvent(bytes))
    }
  }

  #closed(): void {
    if (this.status !== 'open') return
    this.status = 'closed'
    this.dispatchEvent(new StreamCloseEvent())
  }
}
