import type { MailboxPort } from '../ports/mailbox.ts'
import type { NetworkHandlers, NetworkPort, NetworkStatus } from '../ports/network.ts'
import { PortError } from '../ports/port-error.ts'
import type { ProfilePushPort } from '../ports/profiles.ts'
import type { ReachPort } from '../ports/reach.ts'

/** What is so of a network that is still being made, unless the caller of the engine knows better. */
const AT_START: NetworkStatus = {
  transport: 'direct',
  reach: 'computer',
  isReachFixed: false,
  portMapping: { state: 'off' },
  isListening: false,
  addresses: [],
  infrastructure: [],
  connections: 0,
}

/**
 * The network of an account that can be read already: made when it is started. Before that it has a status, and nothing
 * else of it may be used.
 */
export class LateNetwork implements NetworkPort {
  readonly peerId: string
  readonly #create: () => Promise<NetworkPort>
  readonly #statusAtStart: NetworkStatus
  #made: NetworkPort | undefined
  #making: Promise<NetworkPort> | undefined
  #isStopped = false

  constructor(peerId: string, create: () => Promise<NetworkPort>, known: Partial<NetworkStatus> = {}) {
    this.peerId = peerId
    this.#create = create
    this.#statusAtStart = { ...AT_START, ...known }
  }

  get mailbox(): MailboxPort {
    return this.#network.mailbox
  }

  get reach(): ReachPort {
    return this.#network.reach
  }

  get profiles(): ProfilePushPort {
    return this.#network.profiles
  }

  /** Makes the network and starts it. @throws what either throws; PortError `UNREACHABLE` when it was stopped meanwhile. */
  async start(handlers: NetworkHandlers): Promise<void> {
    this.#making = this.#create()
    const made = await this.#making
    this.#made = made
    if (this.#isStopped) throw new PortError('UNREACHABLE', 'The network has stopped.', false)
    await made.start(handlers)
    handlers.onStatus()
  }

  connect(peerId: string, addresses: readonly string[], signal: AbortSignal): Promise<void> {
    return this.#network.connect(peerId, addresses, signal)
  }

  permitDirect(peerId: string): void {
    this.#network.permitDirect(peerId)
  }

  check(peerId: string): void {
    this.#network.check(peerId)
  }

  addresses(): readonly string[] {
    return this.#made?.addresses() ?? []
  }

  status(): NetworkStatus {
    return this.#made?.status() ?? this.#statusAtStart
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    // One that could not be made has nothing to stop, and whoever started it was told.
    const made = await this.#making?.catch(() => undefined)
    await made?.stop()
  }

  get #network(): NetworkPort {
    if (this.#made === undefined) throw new PortError('UNREACHABLE', 'The network has not started yet.', true)
    return this.#made
  }
}
