/** The network of the simulation: one switchboard, one port per running device. */
import { noReach } from '@parley/adapter-memory'
import { PortError } from '@parley/engine'
import type { NetworkHandlers, NetworkPort, NetworkStatus } from '@parley/engine'
import { LinkEnd, type LinkHost } from './link.ts'
import { SimMailbox } from './mailbox-port.ts'
import { ProfileExchange, SimProfiles } from './profile-port.ts'
import type { Exchange } from './exchange.ts'

/** How long a link stays up although nothing gets through any more. */
const LIVENESS_MS_MIN = 15_000
const LIVENESS_MS_MAX = 30_000
/** A dial into the void gives up after this. */
const DIAL_SILENCE_MS = 5_000
/** A dial that hangs is given up by the network after this; callers lose patience earlier. */
const DIAL_HANG_MS = 30_000

export class Switchboard {
  readonly host: LinkHost
  /** No device reaches another one: everything that is said goes by way of push nodes. */
  isApart = false
  readonly #exchange: Exchange
  readonly #profiles: ProfileExchange
  /** Running networks by peer id. */
  readonly #byPeer = new Map<string, SimNetwork>()
  readonly #partitions = new Map<string, number>()
  #partitionNumber = 0

  constructor(host: LinkHost, exchange: Exchange) {
    this.host = host
    this.#exchange = exchange
    this.#profiles = new ProfileExchange(exchange.host)
  }

  /** `address` is where this process of the device listens, `pushNodes` those that it has configured. */
  createNetwork(peerId: string, address: string, pushNodes: readonly string[]): SimNetwork {
    const mailbox = new SimMailbox(this.#exchange, peerId, pushNodes)
    const profiles = new SimProfiles(this.#profiles, peerId, () => mailbox.pushNodes().length > 0)
    return new SimNetwork(this, peerId, address, { mailbox, profiles })
  }

  /** From now on nobody reaches anybody directly. */
  setApart(): void {
    this.isApart = true
    for (const network of this.#byPeer.values()) for (const other of this.#byPeer.keys()) network.linkTo(other)?.reset()
  }

  register(network: SimNetwork): void {
    this.#byPeer.set(network.peerId, network)
  }

  unregister(network: SimNetwork): void {
    if (this.#byPeer.get(network.peerId) === network) this.#byPeer.delete(network.peerId)
  }

  find(peerId: string): SimNetwork | undefined {
    return this.#byPeer.get(peerId)
  }

  get openLinks(): number {
    return [...this.#byPeer.values()].reduce((sum, network) => sum + network.openLinks, 0)
  }

  isPartitioned(a: string, b: string): boolean {
    return this.#partitions.has(pairOf(a, b))
  }

  /** Nothing passes between two devices for `durationMs`. Links outlive a short partition and are reset by a long one. */
  partition(a: string, b: string, durationMs: number): void {
    const { timeline, dice, tally, trace } = this.host
    const pair = pairOf(a, b)
    const number = ++this.#partitionNumber
    this.#partitions.set(pair, number)
    this.#exchange.changed()
    tally.count('partition')
    trace(`partition …${a.slice(-4)} | …${b.slice(-4)} for ${durationMs} ms`)
    timeline.after(durationMs, () => {
      if (this.#partitions.get(pair) === number) this.heal(a, b)
    })
    timeline.after(dice.between(LIVENESS_MS_MIN, LIVENESS_MS_MAX), () => {
      if (this.#partitions.get(pair) === number) this.resetLink(a, b)
    })
  }

  heal(a: string, b: string): void {
    if (!this.#partitions.delete(pairOf(a, b))) return
    this.#byPeer.get(a)?.linkTo(b)?.resume()
    this.#byPeer.get(b)?.linkTo(a)?.resume()
    this.#exchange.changed()
  }

  healAll(): void {
    for (const pair of [...this.#partitions.keys()]) {
      const [a = '', b = ''] = pair.split(' ')
      this.heal(a, b)
    }
  }

  resetLink(a: string, b: string): void {
    const link = this.#byPeer.get(a)?.linkTo(b) ?? this.#byPeer.get(b)?.linkTo(a)
    if (link === undefined) return
    this.host.tally.count('link reset')
    this.host.trace(`reset …${a.slice(-4)} | …${b.slice(-4)}`)
    link.reset()
  }
}

const pairOf = (a: string, b: string): string => (a < b ? `${a} ${b}` : `${b} ${a}`)

export class SimNetwork implements NetworkPort {
  readonly peerId: string
  readonly mailbox: SimMailbox
  readonly profiles: SimProfiles
  readonly reach = noReach
  readonly #board: Switchboard
  readonly #address: string
  readonly #links = new Map<string, LinkEnd>()
  readonly #dials = new Map<string, Promise<void>>()
  #handlers: NetworkHandlers | undefined
  #isStopped = false
  #isDead = false

  constructor(
    board: Switchboard,
    peerId: string,
    address: string,
    { mailbox, profiles }: { readonly mailbox: SimMailbox; readonly profiles: SimProfiles },
  ) {
    this.#board = board
    this.mailbox = mailbox
    this.profiles = profiles
    this.peerId = peerId
    this.#address = `${address}/p2p/${peerId}`
  }

  async start(handlers: NetworkHandlers): Promise<void> {
    if (this.#isDead) return
    this.#handlers = handlers
    this.#board.register(this)
    this.mailbox.start({
      onWake: (topic, hint) => handlers.onWake(topic, hint),
      onPushNodes: () => {
        handlers.onPushNodes()
        handlers.onStatus()
      },
    })
    this.profiles.start(handlers)
    handlers.onStatus()
  }

  async connect(peerId: string, addresses: readonly string[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#links.has(peerId)) return
    const known = this.#dials.get(peerId)
    const dial = known ?? this.#dial(peerId, addresses)
    if (known === undefined) {
      this.#dials.set(peerId, dial)
      const forget = () => this.#dials.delete(peerId)
      dial.then(forget, forget)
    }
    const { promise: aborted, reject } = Promise.withResolvers<never>()
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    try {
      await Promise.race([dial, aborted])
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  /** Nothing here goes through a relay. */
  permitDirect(): void {}

  addresses(): readonly string[] {
    if (!this.#isRunning) return []
    const circuits = this.mailbox.pushNodes().map((address) => `${address}/p2p-circuit/p2p/${this.peerId}`)
    return [this.#address, ...circuits]
  }

  status(): NetworkStatus {
    const addresses = this.addresses()
    return {
      transport: 'direct',
      reach: 'computer',
      isReachFixed: true,
      portMapping: { state: 'off' },
      isListening: addresses.length > 0,
      addresses,
      infrastructure: [],
      connections: this.#links.size,
    }
  }

  /** Links of a world end when their devices do; lost frames are the outbox's business. */
  check(): void {}

  async stop(): Promise<void> {
    this.#isStopped = true
    this.mailbox.stop()
    this.profiles.end()
    this.#board.unregister(this)
    for (const link of this.#links.values()) link.close()
  }

  /** The process is gone. */
  kill(isSilent: boolean): void {
    this.#isDead = true
    this.mailbox.kill()
    this.profiles.end()
    this.#board.unregister(this)
    const { dice } = this.#board.host
    for (const link of this.#links.values()) link.kill(isSilent, dice.between(LIVENESS_MS_MIN, LIVENESS_MS_MAX))
    this.#links.clear()
  }

  linkTo(peerId: string): LinkEnd | undefined {
    return this.#links.get(peerId)
  }

  get openLinks(): number {
    return this.#links.size
  }

  /** Makes `link` the link to its peer; the one before it ends. */
  adopt(link: LinkEnd): void {
    this.#links.get(link.peerId)?.reset()
    this.#links.set(link.peerId, link)
    link.isOwnerGone = () => this.#isDead
    link.onFinish = () => {
      if (this.#links.get(link.peerId) === link) this.#links.delete(link.peerId)
      if (!this.#isDead) this.#handlers?.onStatus()
    }
    this.#handlers?.onLink(link)
    this.#handlers?.onStatus()
  }

  get #isRunning(): boolean {
    return this.#handlers !== undefined && !this.#isStopped && !this.#isDead
  }

  async #dial(peerId: string, addresses: readonly string[]): Promise<void> {
    const { timeline, dice, tally, faults } = this.#board.host
    const wait = (ms: number) => new Promise<void>((resolve) => timeline.after(ms, resolve))
    const { latencyMsMin, latencyMsMax, dialFail, dialHang, dialTwice } = faults()
    if (dice.chance(dialHang)) {
      tally.count('dial hung')
      await wait(DIAL_HANG_MS)
      throw new PortError('UNREACHABLE', `Peer …${peerId.slice(-6)} does not answer.`, true)
    }
    await wait(dice.between(2 * latencyMsMin, 2 * latencyMsMax))
    const other = this.#board.find(peerId)
    const isSilent = this.#board.isPartitioned(this.peerId, peerId)
    if (isSilent) await wait(DIAL_SILENCE_MS)
    if (isSilent || this.#board.isApart || other === undefined || !this.#isRunning || dice.chance(dialFail)) {
      tally.count('dial failed')
      throw new PortError('UNREACHABLE', `Peer …${peerId.slice(-6)} cannot be reached.`, true)
    }
    // An address of the past: the network has to look the peer up first.
    if (!addresses.includes(other.#address)) await wait(dice.between(50, 2_000))
    if (this.#board.find(peerId) !== other || !this.#isRunning) {
      throw new PortError('UNREACHABLE', `Peer …${peerId.slice(-6)} went away.`, true)
    }
    if (this.#links.has(peerId)) {
      if (!dice.chance(dialTwice)) return
      tally.count('second link')
    }
    const near = new LinkEnd(this.#board.host, { own: this.peerId, peer: peerId, address: other.#address }, true)
    const far = new LinkEnd(this.#board.host, { own: peerId, peer: this.peerId, address: this.#address }, false)
    LinkEnd.join(near, far)
    this.adopt(near)
    other.adopt(far)
  }
}
