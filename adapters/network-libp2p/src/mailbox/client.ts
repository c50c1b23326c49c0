/** Requests to holders: a connection when there is none, one stream for each, opened again after it ended. Spec: MBX-1…MBX-3. */
import type { Connection, PeerId } from '@libp2p/interface'
import { assert, MAILBOX_BODY_BYTES_MAX } from '@parley/core'
import { PortError } from '@parley/engine'
import { addressPeer, parseAddress, parsePeerId } from '../addresses.ts'
import { after, waitUnlessAborted, withDeadline } from '../deadline.ts'
import { dialKnown, openConnection } from '../dialer.ts'
import type { Host } from '../host.ts'
import { isVersionMismatch } from '../protocol-mismatch.ts'
import { StreamLink } from '../stream-link.ts'
import { MAILBOX_BUFFER_BYTES_MAX, MAILBOX_PROTOCOL } from './messages.ts'
import { RequestChannel } from './request-channel.ts'

/** A stream without requests is closed after this: a DHT peer may never be asked again. */
const IDLE_MS = 120_000

export interface MailboxTimeouts {
  readonly connectMs: number
  readonly openMs: number
  readonly answerMs: number
}

/** One opening of a stream, shared by everybody who waits for it. */
interface Opening {
  readonly result: Promise<RequestChannel>
  readonly controller: AbortController
  waiting: number
}

export class MailboxClient {
  readonly #host: Host
  readonly #timeouts: MailboxTimeouts
  readonly #channelsByPeer = new Map<string, RequestChannel>()
  readonly #openings = new Map<string, Opening>()
  #isStopped = false

  constructor(host: Host, timeouts: MailboxTimeouts) {
    this.#host = host
    this.#timeouts = timeouts
  }

  /** @throws PortError `UNREACHABLE`; the abort reason. */
  async request(address: string, request: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    assert(request.length <= MAILBOX_BODY_BYTES_MAX, 'a request has at most MAILBOX_BODY_BYTES_MAX bytes')
    signal.throwIfAborted()
    if (this.#isStopped) throw STOPPED
    const parsed = parseAddress(address)
    const peer = parsePeerId((parsed && addressPeer(parsed)) ?? '')
    if (peer === undefined) throw new PortError('UNREACHABLE', 'This is not an address of a peer.', false)
    if (peer.equals(this.#host.peerId)) throw new PortError('UNREACHABLE', 'This peer id is our own.', false)
    const channel = this.#openChannel(peer) ?? (await this.#opened(peer, address, signal))
    return channel.request(request, signal)
  }

  stop(): void {
    this.#isStopped = true
    for (const { controller } of this.#openings.values()) controller.abort(STOPPED)
    for (const channel of [...this.#channelsByPeer.values()]) channel.close()
  }

  #openChannel(peer: PeerId): RequestChannel | undefined {
    const channel = this.#channelsByPeer.get(peer.toString())
    return channel?.isOpen === true ? channel : undefined
  }

  async #opened(peer: PeerId, address: string, signal: AbortSignal): Promise<RequestChannel> {
    const opening = this.#openings.get(peer.toString()) ?? this.#opening(peer, address)
    opening.waiting += 1
    try {
      return await waitUnlessAborted(opening.result, signal)
    } finally {
      opening.waiting -= 1
      if (opening.waiting === 0) opening.controller.abort(new Error('nobody waits for this stream any more'))
    }
  }

  #opening(peer: PeerId, address: string): Opening {
    const peerId = peer.toString()
    const controller = new AbortController()
    const result = this.#open(peer, address, controller.signal).finally(() => {
      if (this.#openings.get(peerId) === opening) this.#openings.delete(peerId)
    })
    // whoever waits sees the failure
    result.catch(() => undefined)
    const opening: Opening = { result, controller, waiting: 0 }
    this.#openings.set(peerId, opening)
    return opening
  }

  async #open(peer: PeerId, address: string, signal: AbortSignal): Promise<RequestChannel> {
    try {
      const existing = openConnection(this.#host, peer)
      const channel = existing && (await this.#openOver(existing, signal).catch(undefinedIfStale(existing, signal)))
      if (channel !== undefined) return channel
      const connection = await withDeadline(signal, this.#timeouts.connectMs, (dialSignal) =>
        dialKnown(this.#host, peer, [address], dialSignal),
      )
      return await this.#openOver(connection, signal)
    } catch (error) {
      if (this.#isStopped) throw STOPPED
      throw toPortError(peer, error)
    }
  }

  async #openOver(connection: Connection, signal: AbortSignal): Promise<RequestChannel> {
    const stream = await withDeadline(signal, this.#timeouts.openMs, (openSignal) =>
      connection.newStream(MAILBOX_PROTOCOL, { signal: openSignal, runOnLimitedConnection: true }),
    )
    const link = new StreamLink(stream, connection, 'outbound', MAILBOX_BUFFER_BYTES_MAX)
    const channel: RequestChannel = new RequestChannel(link, {
      timeoutMs: this.#timeouts.answerMs,
      idleMs: IDLE_MS,
      after,
      onEnd: () => {
        if (this.#channelsByPeer.get(link.peerId) === channel) this.#channelsByPeer.delete(link.peerId)
      },
    })
    this.#channelsByPeer.set(link.peerId, channel)
    if (this.#isStopped) channel.close()
    return channel
  }
}

const STOPPED = new PortError('UNREACHABLE', 'The network has stopped.', false)

/** A connection that died without our knowing fails here first: drop it, so that the peer is dialled anew. */
function undefinedIfStale(connection: Connection, signal: AbortSignal): (error: unknown) => undefined {
  return (error) => {
    if (isVersionMismatch(error)) throw error
    signal.throwIfAborted()
    connection.abort(error instanceof Error ? error : new Error(String(error)))
    return undefined
  }
}

function toPortError(peer: PeerId, error: unknown): PortError {
  const who = `Peer …${peer.toString().slice(-6)}`
  if (isVersionMismatch(error)) {
    return new PortError('UNREACHABLE', `${who} does not speak ${MAILBOX_PROTOCOL}.`, false, { cause: error })
  }
  return new PortError('UNREACHABLE', `${who} cannot be reached: ${String(error)}`, true, { cause: error })
}
