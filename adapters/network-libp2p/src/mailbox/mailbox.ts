/** MailboxPort over libp2p. */
import { CONNECT_TIMEOUT_MS, LINK_OPEN_TIMEOUT_MS, MAILBOX_TIMEOUT_MS, assert } from '@parley/core'
import { PortError } from '@parley/engine'
import type { LogPort, MailboxHandlers, MailboxPort, MailboxServer } from '@parley/engine'
import type { Gossip } from '../gossip/gossip.ts'
import { createWakes } from '../gossip/wakes.ts'
import type { Wakes } from '../gossip/wakes.ts'
import type { Host } from '../host.ts'
import type { Infrastructure } from '../infrastructure.ts'
import { MailboxClient } from './client.ts'
import type { MailboxTimeouts } from './client.ts'
import { closestPeers } from './closest.ts'
import { MAILBOX_PROTOCOL } from './messages.ts'
import { MailboxService } from './server.ts'

export interface Libp2pMailboxOptions {
  readonly infrastructure: Infrastructure
  /** Carries wake-ups. */
  readonly gossip: Gossip
  /** Answers others, when we are a DHT server. */
  readonly server: MailboxServer | undefined
  readonly timeouts?: MailboxTimeouts
  readonly log: LogPort
}

const TIMEOUTS: MailboxTimeouts = {
  connectMs: CONNECT_TIMEOUT_MS,
  openMs: LINK_OPEN_TIMEOUT_MS,
  answerMs: MAILBOX_TIMEOUT_MS,
}

export class Libp2pMailbox implements MailboxPort {
  readonly #host: Host
  readonly #infrastructure: Infrastructure
  readonly #client: MailboxClient
  readonly #service: MailboxService | undefined
  readonly #gossip: Gossip
  readonly #stopping = new AbortController()
  #wakes: Wakes | undefined
  #connected: readonly string[] = []
  #onPushNodes: () => void = () => undefined

  constructor(host: Host, { infrastructure, gossip, server, timeouts = TIMEOUTS, log }: Libp2pMailboxOptions) {
    this.#host = host
    this.#infrastructure = infrastructure
    this.#client = new MailboxClient(host, timeouts)
    this.#service = server && new MailboxService(server, log)
    this.#gossip = gossip
  }

  async start(handlers: MailboxHandlers): Promise<void> {
    const host = this.#host
    this.#wakes = createWakes(this.#gossip, (topic, hint) => this.#isStopped || handlers.onWake(topic, hint))
    const onPeers = (): void => this.lookAround()
    this.#onPushNodes = () => handlers.onPushNodes()
    host.addEventListener('peer:connect', onPeers)
    host.addEventListener('peer:disconnect', onPeers)
    if (this.#service !== undefined) await serveMailbox(host, this.#service)
  }

  /** Tells when the push nodes that are connected are others than before. */
  lookAround(): void {
    const connected = this.#connectedNow()
    if (this.#isStopped || connected.join(' ') === this.#connected.join(' ')) return
    this.#connected = connected
    this.#onPushNodes()
  }

  stop(): void {
    this.#stopping.abort(new PortError('UNREACHABLE', 'The network has stopped.', false))
    this.#client.stop()
    this.#service?.stop()
  }

  request(address: string, request: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    return this.#client.request(address, request, signal)
  }

  pushNodes(): readonly string[] {
    return this.#isStopped ? [] : this.#connectedNow()
  }

  async closest(key: Uint8Array, signal: AbortSignal): Promise<readonly string[]> {
    signal.throwIfAborted()
    if (this.#isStopped) return []
    const controller = new AbortController()
    const abort = (): void => controller.abort(signal.reason)
    const stop = (): void => controller.abort(this.#stopping.signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    this.#stopping.signal.addEventListener('abort', stop, { once: true })
    try {
      return await closestPeers(this.#host, key, this.#infrastructure.peers, controller.signal)
    } finally {
      signal.removeEventListener('abort', abort)
      this.#stopping.signal.removeEventListener('abort', stop)
    }
  }

  listen(topics: ReadonlySet<number>): void {
    if (this.#isStopped) return
    assert(this.#wakes !== undefined, 'listen before start')
    this.#wakes.listen(topics)
  }

  wake(topic: number, hint: Uint8Array): void {
    if (this.#isStopped) return
    assert(this.#wakes !== undefined, 'wake before start')
    this.#wakes.wake(topic, hint)
  }

  get #isStopped(): boolean {
    return this.#stopping.signal.aborted
  }

  #connectedNow(): readonly string[] {
    return this.#infrastructure
      .status()
      .filter(({ isConnected }) => isConnected)
      .map(({ address }) => address)
  }
}

/** Streams of one connection: the one in use, and those that it replaced and that are not gone yet. */
const STREAMS_PER_CONNECTION_MAX = 8

/** Takes mailbox streams from now on, over relayed connections too. MBX-3 */
export function serveMailbox(host: Pick<Host, 'handle'>, service: MailboxService): Promise<void> {
  return host.handle(MAILBOX_PROTOCOL, (stream, connection) => service.accept(stream, connection), {
    maxInboundStreams: STREAMS_PER_CONNECTION_MAX,
    maxOutboundStreams: STREAMS_PER_CONNECTION_MAX,
    runOnLimitedConnection: true,
  })
}
