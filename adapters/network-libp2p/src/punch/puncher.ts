/**
 * Meets a device directly that is reached through a relay so far: both tell each other over the relayed connection
 * where they may be, and open a data channel between their routers. Spec: NET-20…NET-23.
 */
import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'
import { PUNCH_TIMEOUT_MS } from '@parley/core'
import type { LogPort } from '@parley/engine'
import { waitUnlessAborted, withDeadline } from '../deadline.ts'
import type { Host } from '../host.ts'
import { StreamLink } from '../stream-link.ts'
import { ChannelConnection } from './channel-connection.ts'
import { RtcPeer, loadRtc } from './rtc-peer.ts'
import type { RtcChannel } from './rtc-peer.ts'
import { decodeSignal, encodeSignal } from './signals.ts'
import { findStun } from './stun-service.ts'

export const PUNCH_PROTOCOL = '/parley/punch/1.0.0'
/** Of one connection: the attempt that runs, and one that replaces it. */
const PUNCH_STREAMS_MAX = 2
const SIGNALS_BYTES_MAX = 65_536

export interface PuncherOptions {
  readonly pushNodes: () => readonly PeerId[]
  /** Resolves when the peer may learn our addresses; rejects when not within the time of `signal`. */
  readonly permitted: (peerId: string, signal: AbortSignal) => Promise<void>
  /** A try that the other end began is over: whether there is a direct connection now. */
  readonly onAnswered: (peerId: string, hasMet: boolean) => void
  /** Only this address of our own, for tests. */
  readonly bindAddress?: string
  readonly log: LogPort
}

export class Puncher {
  readonly #host: Host
  readonly #options: PuncherOptions
  readonly #stopping = new AbortController()
  /** Attempts that others began, by peer: a newer one replaces the older. */
  readonly #answering = new Map<string, AbortController>()

  constructor(host: Host, options: PuncherOptions) {
    this.#host = host
    this.#options = options
  }

  /** Answers the attempts of others from here on. */
  async start(): Promise<void> {
    await this.#host.handle(PUNCH_PROTOCOL, (stream, connection) => this.#accept(stream, connection), {
      maxInboundStreams: PUNCH_STREAMS_MAX,
      maxOutboundStreams: PUNCH_STREAMS_MAX,
      runOnLimitedConnection: true,
    })
  }

  /** Answers nobody any more, until the next {@link start}. */
  async pause(): Promise<void> {
    await this.#host.unhandle(PUNCH_PROTOCOL)
  }

  stop(): void {
    const reason = new Error('the network has stopped')
    this.#stopping.abort(reason)
    for (const controller of this.#answering.values()) controller.abort(reason)
  }

  /**
   * Tries once to meet the peer at the other end of `relayed`; libp2p tells of the new connection as of every other.
   * @throws Error why there is none within PUNCH_TIMEOUT_MS; the abort reason after {@link stop}.
   */
  async punch(relayed: Connection): Promise<void> {
    await withDeadline(this.#stopping.signal, PUNCH_TIMEOUT_MS, async (signal) => {
      const stream = await relayed.newStream(PUNCH_PROTOCOL, { signal, runOnLimitedConnection: true })
      await this.#meet(new StreamLink(stream, relayed, 'outbound', SIGNALS_BYTES_MAX), 'offer', signal)
    })
  }

  #accept(stream: Stream, connection: Connection): void {
    const link = new StreamLink(stream, connection, 'inbound', SIGNALS_BYTES_MAX)
    if (this.#stopping.signal.aborted) return link.abort('local')
    const controller = new AbortController()
    this.#answering.get(link.peerId)?.abort(new Error('a newer attempt began'))
    this.#answering.set(link.peerId, controller)
    withDeadline(controller.signal, PUNCH_TIMEOUT_MS, async (signal) => {
      await this.#options.permitted(link.peerId, signal)
      await this.#meet(link, 'answer', signal)
    })
      .then(
        () => this.#options.onAnswered(link.peerId, true),
        (error: unknown) => {
          this.#options.log.log('debug', 'not met directly', { error: String(error) })
          this.#options.onAnswered(link.peerId, false)
        },
      )
      .finally(() => {
        if (this.#answering.get(link.peerId) === controller) this.#answering.delete(link.peerId)
        link.close()
      })
  }

  async #meet(link: StreamLink, role: 'offer' | 'answer', signal: AbortSignal): Promise<void> {
    const [library, stun] = await Promise.all([loadRtc(), findStun(this.#host, this.#options.pushNodes(), signal)])
    signal.throwIfAborted()
    const { bindAddress } = this.#options
    const attempt = new RtcPeer(library, {
      role,
      stun,
      ...(bindAddress === undefined ? {} : { bindAddress }),
      send: (own) => void link.send(encodeSignal(own)),
    })
    listenForSignals(link, attempt)
    try {
      const channel = await waitUnlessAborted(attempt.opened, signal)
      await this.#upgrade(link, role, channel, signal)
      link.close()
    } catch (error) {
      attempt.close()
      link.close()
      throw error
    }
  }

  async #upgrade(link: StreamLink, role: 'offer' | 'answer', channel: RtcChannel, signal: AbortSignal): Promise<void> {
    const { upgrader, log } = this.#host.services.upgrades
    const direction = role === 'offer' ? 'outbound' : 'inbound'
    // Noise proves that whoever answers on the channel is the peer that this address names
    const connection = new ChannelConnection(channel, { remoteAddr: addressOf(channel, link.peerId), direction, log })
    try {
      if (role === 'offer') await upgrader.upgradeOutbound(connection, { signal })
      else await upgrader.upgradeInbound(connection, { signal })
    } catch (error) {
      connection.abort(error instanceof Error ? error : new Error(String(error)))
      throw error
    }
  }
}

function listenForSignals(link: StreamLink, attempt: RtcPeer): void {
  link.listen({
    onFrame: (frame) => {
      const signal = decodeSignal(frame)
      if (signal !== undefined && attempt.receive(signal)) return
      link.abort('malformed')
      attempt.close()
    },
    onDrain: () => undefined,
    // the other end has given up, or is through: then the channel is open here too
    onClose: () => attempt.giveUp(),
  })
}

function addressOf({ remote: { address, port } }: RtcChannel, peerId: string): Multiaddr {
  return multiaddr(`/ip${address.includes(':') ? 6 : 4}/${address}/udp/${port}/webrtc/p2p/${peerId}`)
}
