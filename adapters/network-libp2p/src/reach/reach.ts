/** ReachPort over libp2p: listeners, the port of the router, the search on the local network, and what others say of it. */
import { addressScope, assert, DIAL_BACK_PORTS_MAX, type DialBackAnswer, type DialBackPort } from '@parley/core'
import type {
  LocalTags,
  LogPort,
  NetworkHandlers,
  NetworkStatus,
  PushNodeAnswer,
  Reach,
  ReachPort,
} from '@parley/engine'
import { parseAddress, parsePeerId } from '../addresses.ts'
import type { Host } from '../host.ts'
import { pushNodeOf } from '../infrastructure.ts'
import type { Infrastructure } from '../infrastructure.ts'
import { askDialBack, serveDialBack } from './dial-back.ts'
import type { DialBackService } from './dial-back.ts'
import type { FurtherAddresses } from './own-addresses.ts'
import type { LocalSearch } from './local-search.ts'
import { PortMapping } from './port-mapping.ts'
import type { RouterSearch } from './port-mapping.ts'
import { tryPushNode } from './try-push-node.ts'

export interface ReachOptions {
  readonly reach: Reach
  /**
   * Where to listen for each reach. `isFresh`: with another port than last time, which another program has.
   */
  readonly listenOf: (reach: Reach, isFresh: boolean) => Promise<readonly string[]>
  /** Default: those of this machine's network. */
  readonly routers?: RouterSearch
}

export interface ReachParts {
  readonly host: Host
  readonly further: FurtherAddresses
  readonly infrastructure: Infrastructure
  readonly log: LogPort
  /** Called when the status changed. */
  readonly onChange: () => void
}

/** What a network whose addresses were given at the start does; over Tor too. */
export class FixedReach implements ReachPort {
  protected readonly parts: ReachParts
  readonly #reach: () => Reach
  readonly #isServing: boolean
  #dialBacks: DialBackService | undefined

  /** `isServing`: others may ask to be dialled back, which shows them our address. */
  constructor(parts: ReachParts, reach: () => Reach, isServing: boolean) {
    this.parts = parts
    this.#reach = reach
    this.#isServing = isServing
  }

  get status(): Pick<NetworkStatus, 'reach' | 'isReachFixed' | 'portMapping'> {
    return { reach: this.#reach(), isReachFixed: true, portMapping: { state: 'off' } }
  }

  /** Before the start: listens as far as is wanted. */
  async listen(): Promise<void> {
    // The node listens since it was made.
  }

  async start(handlers: Pick<NetworkHandlers, 'mayAskDialBack' | 'onLocalPeer'>): Promise<void> {
    if (!this.#isServing) return
    const { host, log } = this.parts
    const mayAsk = (peer: { toString(): string }): boolean => handlers.mayAskDialBack?.(peer.toString()) ?? false
    this.#dialBacks = await serveDialBack(host, { mayAsk, nowMs: () => performance.now(), log })
  }

  async stop(): Promise<void> {
    this.#dialBacks?.stop()
  }

  change(_reach: Reach): Promise<void> {
    return Promise.reject(new Error('where this network listens was given at its start'))
  }

  usePushNodes(nodes: readonly (readonly string[])[]): void {
    this.parts.infrastructure.use(nodes.flatMap((addresses) => pushNodeOf(addresses) ?? []))
  }

  tryPushNode(addresses: readonly string[], signal: AbortSignal): Promise<PushNodeAnswer> {
    return tryPushNode(this.parts.host, this.parts.infrastructure.identified, addresses, signal)
  }

  askDialBack(peerId: string, signal: AbortSignal): Promise<DialBackAnswer> {
    const peer = parsePeerId(peerId)
    assert(peer !== undefined, 'a connected peer has a peer id')
    const ports = this.askedPorts()
    if (ports.length === 0) return Promise.resolve({ type: 'unreached' })
    return askDialBack(this.parts.host, peer, ports.slice(0, DIAL_BACK_PORTS_MAX), signal)
  }

  protected askedPorts(): readonly DialBackPort[] {
    return this.parts.host.services.listeners.ports()
  }

  confirm(address: string, isTrue: boolean): void {
    const { host, further } = this.parts
    const parsed = parseAddress(address)
    if (parsed === undefined || addressScope(address) === 'computer') return
    if (isTrue && host.getMultiaddrs().some((own) => own.toString().startsWith(`${address}/p2p/`))) return
    if (isTrue === further.has(address)) return
    if (isTrue) further.add(address)
    else further.delete(address)
    this.tell()
  }

  seek(_tags: LocalTags): void {
    // Whoever gave the addresses decides who learns of this node.
  }

  /** This machine came to another network, or woke. */
  networkChanged(): void {
    // Listeners of all interfaces hear the new ones too.
  }

  /** Tells connected peers our addresses, and the owner of the network that they changed. */
  protected tell(): void {
    const { host, log, onChange } = this.parts
    const suffix = `/p2p/${host.peerId.toString()}`
    const multiaddrs = host.getMultiaddrs().map((address) => address.decapsulate(suffix))
    host.peerStore.patch(host.peerId, { multiaddrs }).catch((error: unknown) => {
      log.log('debug', 'own addresses were not told', { error: String(error) })
    })
    onChange()
  }
}

/** Follows what is chosen while it runs. */
export class ChosenReach extends FixedReach {
  readonly #options: ReachOptions
  readonly #mapping: PortMapping
  #reach: Reach = 'computer'
  /** The mapped address that is among our own. */
  #mapped: string | undefined
  #verified: string | undefined
  #changes: Promise<void> = Promise.resolve()
  #isStopped = false

  #search: LocalSearch | undefined
  #tags: LocalTags = { sought: new Set(), own: new Set() }
  #handlers: Pick<NetworkHandlers, 'onLocalPeer'> | undefined

  constructor(parts: ReachParts, options: ReachOptions) {
    super(parts, () => 'computer', true)
    this.#options = options
    this.#mapping = new PortMapping({
      routers: options.routers ?? lazyRouters,
      log: parts.log,
      onChange: () => this.#onMapping(),
    })
  }

  /**
   * Listens as far as is chosen.
   * @throws PortError `ADDRESS_IN_USE` when a fresh port is taken too.
   */
  override listen(): Promise<void> {
    return this.change(this.#options.reach)
  }

  override get status(): Pick<NetworkStatus, 'reach' | 'isReachFixed' | 'portMapping'> {
    const { address } = this.#mapping.status
    const isVerified = address !== undefined && address === this.#verified
    return {
      reach: this.#reach,
      isReachFixed: false,
      portMapping: { ...this.#mapping.status, ...(isVerified ? { isVerified } : {}) },
    }
  }

  override change(reach: Reach): Promise<void> {
    const done = this.#changes.then(() => (this.#isStopped ? undefined : this.#apply(reach)))
    this.#changes = done.catch(() => undefined)
    return done
  }

  override confirm(address: string, isTrue: boolean): void {
    if (isTrue) this.#verified = address
    else if (this.#verified === address) this.#verified = undefined
    super.confirm(address, isTrue)
  }

  override async start(handlers: Pick<NetworkHandlers, 'mayAskDialBack' | 'onLocalPeer'>): Promise<void> {
    this.#handlers = handlers
    await super.start(handlers)
    await this.#searchLocally()
  }

  /** Another router, perhaps, and others who are near. */
  override networkChanged(): void {
    const port = super.askedPorts().find(({ transport }) => transport === 'tcp')?.port
    if (this.#isStopped || port === undefined) return
    this.#search?.restart()
    if (this.#reach === 'anyone') this.#mapping.start(port)
    this.tell()
  }

  override seek(tags: LocalTags): void {
    this.#tags = tags
    this.#search?.seek(tags)
  }

  override async stop(): Promise<void> {
    this.#isStopped = true
    this.#search?.stop()
    await Promise.all([super.stop(), this.#changes])
    await this.#mapping.stop()
  }

  protected override askedPorts(): readonly DialBackPort[] {
    const mapped = Number(/\/tcp\/(\d+)$/.exec(this.#mapping.status.address ?? '')?.[1] ?? 0)
    const own = super.askedPorts()
    const isNew = mapped > 0 && !own.some(({ port, transport }) => port === mapped && transport === 'tcp')
    return isNew ? [{ port: mapped, transport: 'tcp' }, ...own] : own
  }

  async #apply(reach: Reach): Promise<void> {
    const { host, log, further } = this.parts
    const { listeners } = host.services
    const listen = async (isFresh: boolean): Promise<void> =>
      listeners.change(await this.#options.listenOf(reach, isFresh), log)
    await listen(false).catch((error: unknown) => {
      if (!isInUse(error)) throw error
      log.log('warn', 'another program took our port, so this node has a new address')
      return listen(true)
    })
    this.#reach = reach
    further.clear()
    this.#mapped = undefined
    this.#verified = undefined
    const [port] = listeners.ports()
    if (reach === 'anyone' && port !== undefined) this.#mapping.start(port.port)
    else await this.#mapping.stop()
    await this.#searchLocally()
    this.tell()
  }

  /** Begins anew: the port may be another one. */
  async #searchLocally(): Promise<void> {
    this.#search?.stop()
    this.#search = undefined
    const handlers = this.#handlers
    const port = super.askedPorts().find(({ transport }) => transport === 'tcp')?.port
    if (this.#reach === 'computer' || handlers === undefined || port === undefined || this.#isStopped) return
    // Who stays on this computer does not load it.
    const { LocalSearch: Search } = await import('./local-search.ts')
    if (this.#isStopped) return
    const onFound = (tag: string, address: string): void => handlers.onLocalPeer?.(tag, address)
    this.#search = new Search({ port, onFound, log: this.parts.log })
    this.#search.seek(this.#tags)
  }

  /** A mapped address is among our own until somebody says that it does not work. NET-14 */
  #onMapping(): void {
    const { address } = this.#mapping.status
    if (address !== this.#mapped) {
      if (this.#mapped !== undefined) super.confirm(this.#mapped, false)
      this.#mapped = address
      if (address !== undefined) super.confirm(address, true)
    }
    this.parts.onChange()
  }
}

/** Those of this machine's network; most nodes never ask, and do not load it. */
const lazyRouters: RouterSearch = {
  async *find(signal) {
    const { localRouters } = await import('./local-routers.ts')
    yield* localRouters.find(signal)
  },
}

const isInUse = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ADDRESS_IN_USE'
