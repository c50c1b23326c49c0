/** Networks in one process that find each other through a hub. Deterministic: everything happens on the given clock. */
import { FRAME_BYTES_MAX, assert } from '@parley/core'
import { LINK_BUFFER_BYTES_MAX, PortError } from '@parley/engine'
import type {
  ClockPort,
  Link,
  LinkCloseReason,
  LinkHandlers,
  MailboxPort,
  MailboxServer,
  NetworkHandlers,
  NetworkPort,
  NetworkStatus,
} from '@parley/engine'
import { MailboxExchange, MemoryMailbox, memoryAddress } from './mailbox.ts'
import { noReach } from './no-reach.ts'
import { MemoryProfiles, ProfileExchange } from './profiles.ts'

export interface MemoryNetworkHub {
  /** A network whose peer id is `peerId`, in the form that the device's key gives. Reachable once started. */
  createNetwork(peerId: string, options?: MemoryNetworkOptions): NetworkPort
  /** From now on `server` answers mailbox requests at the returned address, instead of an earlier one of this peer. */
  serveMailbox(peerId: string, server: MailboxServer): string
  /** The mailbox server of this peer goes away; what it has not answered fails. */
  endMailbox(peerId: string): void
  /** A peer that makes a link to the started peer `peerId` and keeps no rule about what it sends. */
  createRogue(peerId: string): { sendFrame(frame: Uint8Array): void }
}

export interface MemoryNetworkOptions {
  /** Addresses of mailbox servers that are kept connected; they carry wake-ups and pushed profiles. */
  readonly pushNodes?: readonly string[]
}

export interface MemoryNetworkHubOptions {
  readonly clock: ClockPort
  /** One way. Default 1. */
  readonly latencyMs?: number
}

/** A caller that dials this waits until it aborts: somebody is there and says nothing. */
export const MEMORY_SILENT_ADDRESS = '/memory/silent'

const DRAIN_BYTES = LINK_BUFFER_BYTES_MAX / 2

interface Hub {
  readonly clock: ClockPort
  readonly latencyMs: number
  /** Started networks. */
  readonly networksByPeer: Map<string, MemoryNetwork>
  readonly mailboxes: MailboxExchange
  readonly profiles: ProfileExchange
}

export function createMemoryNetworkHub({ clock, latencyMs = 1 }: MemoryNetworkHubOptions): MemoryNetworkHub {
  const networksByPeer = new Map<string, MemoryNetwork>()
  const mailboxes = new MailboxExchange(clock, latencyMs, (peerId) => networksByPeer.has(peerId))
  const profiles = new ProfileExchange(clock, latencyMs)
  const hub: Hub = { clock, latencyMs, networksByPeer, mailboxes, profiles }
  return {
    createNetwork: (peerId, { pushNodes = [] } = {}) => new MemoryNetwork(hub, peerId, pushNodes),
    serveMailbox(peerId, server) {
      mailboxes.serve(peerId, server)
      return memoryAddress(peerId)
    },
    endMailbox: (peerId) => mailboxes.end(peerId),
    createRogue: (peerId) => {
      const target = hub.networksByPeer.get(peerId)
      assert(target !== undefined, 'the target of a rogue is started')
      const [near, far] = createPipe(hub, 'rogue', peerId)
      target.adopt(far)
      return { sendFrame: (frame) => near.sendUnchecked(frame) }
    },
  }
}

class MemoryNetwork implements NetworkPort {
  readonly peerId: string
  readonly #hub: Hub
  readonly profiles: MemoryProfiles
  readonly reach = noReach
  readonly #mailbox: MemoryMailbox
  readonly #pushNodes: readonly string[]
  readonly #links = new Map<string, MemoryLink>()
  readonly #dials = new Map<string, Promise<void>>()
  #handlers: NetworkHandlers | undefined
  #isStopped = false

  constructor(hub: Hub, peerId: string, pushNodes: readonly string[]) {
    this.#hub = hub
    this.peerId = peerId
    this.#pushNodes = pushNodes
    this.#mailbox = new MemoryMailbox(hub.mailboxes, peerId, pushNodes)
    this.profiles = new MemoryProfiles(hub.profiles, () => this.#mailbox.pushNodes().length > 0)
  }

  get mailbox(): MailboxPort {
    return this.#mailbox
  }

  async start(handlers: NetworkHandlers): Promise<void> {
    assert(this.#handlers === undefined && !this.#isStopped, 'a network starts once')
    this.#handlers = handlers
    this.#hub.networksByPeer.set(this.peerId, this)
    this.#mailbox.start(handlers)
    this.profiles.start(handlers)
    handlers.onStatus()
  }

  async connect(peerId: string, addresses: readonly string[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#links.has(peerId)) return
    const dial = this.#dials.get(peerId) ?? this.#dial(peerId, addresses)
    await waitUnlessAborted(dial, signal)
  }

  /** Nothing here goes through a relay. */
  permitDirect(): void {}

  addresses(): readonly string[] {
    return this.#isRunning ? [memoryAddress(this.peerId)] : []
  }

  status(): NetworkStatus {
    const addresses = this.addresses()
    const connected = this.#mailbox.pushNodes()
    return {
      transport: 'direct',
      reach: 'computer',
      isReachFixed: true,
      portMapping: { state: 'off' },
      isListening: addresses.length > 0,
      addresses,
      infrastructure: this.#pushNodes.map((address) => ({
        address,
        peerId: address.slice(address.lastIndexOf('/') + 1),
        isConnected: connected.includes(address),
        relay: 'none',
      })),
      connections: this.#links.size,
    }
  }

  /** What is not there any more closes its links itself: there is nobody to ask. */
  check(): void {}

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#mailbox.stop()
    this.profiles.stop()
    if (this.#hub.networksByPeer.get(this.peerId) === this) this.#hub.networksByPeer.delete(this.peerId)
    for (const link of this.#links.values()) link.close()
  }

  /** Makes `link` the link to its peer. */
  adopt(link: MemoryLink): void {
    this.#links.get(link.peerId)?.fail('remote')
    this.#links.set(link.peerId, link)
    link.onFinish = () => {
      if (this.#links.get(link.peerId) === link) this.#links.delete(link.peerId)
      this.#handlers?.onStatus()
    }
    this.#handlers?.onLink(link)
    this.#handlers?.onStatus()
  }

  get #isRunning(): boolean {
    return this.#handlers !== undefined && !this.#isStopped
  }

  #dial(peerId: string, addresses: readonly string[]): Promise<void> {
    const dial = this.#reach(peerId, addresses).finally(() => this.#dials.delete(peerId))
    // whoever still waits sees the failure
    dial.catch(() => undefined)
    this.#dials.set(peerId, dial)
    return dial
  }

  async #reach(peerId: string, addresses: readonly string[]): Promise<void> {
    if (addresses.includes(MEMORY_SILENT_ADDRESS)) return new Promise(() => undefined)
    await new Promise<void>((resolve) => this.#hub.clock.after(2 * this.#hub.latencyMs, resolve))
    const other = this.#hub.networksByPeer.get(peerId)
    if (!this.#isRunning || other === undefined || other === this) {
      throw new PortError('UNREACHABLE', `Peer …${peerId.slice(-6)} cannot be reached.`, true)
    }
    // the other end dialled too and was first: its link is ours as well
    if (this.#links.has(peerId)) return
    const [near, far] = createPipe(this.#hub, this.peerId, peerId)
    this.adopt(near)
    other.adopt(far)
  }
}

/** Both ends of one link; the first is at `from`, who dialled. */
function createPipe(hub: Hub, from: string, to: string): readonly [MemoryLink, MemoryLink] {
  const near = new MemoryLink(hub, to, 'outbound')
  const far = new MemoryLink(hub, from, 'inbound')
  near.join(far)
  far.join(near)
  return [near, far]
}

class MemoryLink implements Link {
  readonly peerId: string
  readonly direction: 'inbound' | 'outbound'
  readonly remoteAddress: string
  readonly isRelayed = false
  onFinish: () => void = () => undefined
  readonly #hub: Hub
  #other: MemoryLink | undefined
  #handlers: LinkHandlers | undefined
  #closeReason: LinkCloseReason | undefined
  /** Frames of this tick, not yet on their way. */
  #outgoing: Uint8Array[] = []
  /** Frames that arrived and wait for the receiver. */
  #incoming: Uint8Array[] = []
  /** Bytes sent and not yet taken by the receiver. */
  #waitingBytes = 0
  #isSenderWaiting = false
  #isReceiverBusy = false
  #isPumping = false
  #hasRemoteEnded = false

  constructor(hub: Hub, peerId: string, direction: 'inbound' | 'outbound') {
    this.#hub = hub
    this.peerId = peerId
    this.direction = direction
    this.remoteAddress = memoryAddress(peerId)
  }

  join(other: MemoryLink): void {
    this.#other = other
  }

  listen(handlers: LinkHandlers): void {
    this.#handlers = handlers
    const reason = this.#closeReason
    queueMicrotask(reason === undefined ? () => this.#pump() : () => handlers.onClose(reason))
  }

  send(frame: Uint8Array): boolean {
    assert(frame.length > 0 && frame.length <= FRAME_BYTES_MAX, 'a frame has 1…FRAME_BYTES_MAX bytes')
    if (this.#closeReason !== undefined) return false
    if (this.#waitingBytes > 0 && this.#waitingBytes + frame.length > LINK_BUFFER_BYTES_MAX) {
      this.#isSenderWaiting = true
      return false
    }
    this.sendUnchecked(frame)
    return true
  }

  sendUnchecked(frame: Uint8Array): void {
    this.#waitingBytes += frame.length
    this.#outgoing.push(frame)
    if (this.#outgoing.length > 1) return
    this.#hub.clock.after(this.#hub.latencyMs, () => this.#other?.receive(this.#outgoing.splice(0)))
  }

  close(): void {
    if (this.#closeReason !== undefined) return
    this.#finish('local')
    this.#hub.clock.after(this.#hub.latencyMs, () => this.#other?.end())
  }

  /** Ends this side at once, whatever waits. */
  fail(reason: LinkCloseReason): void {
    if (this.#closeReason !== undefined) return
    this.#finish(reason)
    this.#hub.clock.after(this.#hub.latencyMs, () => this.#other?.end())
  }

  receive(frames: readonly Uint8Array[]): void {
    if (this.#closeReason !== undefined) return
    for (const frame of frames) this.#incoming.push(frame)
    this.#pump()
  }

  /** The other end closed: whatever it sent before is delivered first. */
  end(): void {
    this.#hasRemoteEnded = true
    this.#pump()
  }

  /** The receiver took `bytes` of what this end sent. */
  credit(bytes: number): void {
    this.#waitingBytes -= bytes
    if (!this.#isSenderWaiting || this.#waitingBytes > DRAIN_BYTES || this.#closeReason !== undefined) return
    this.#isSenderWaiting = false
    this.#handlers?.onDrain()
  }

  #pump(): void {
    if (this.#isPumping) return
    this.#isPumping = true
    while (this.#closeReason === undefined && this.#handlers !== undefined && !this.#isReceiverBusy) {
      const frame = this.#incoming.shift()
      if (frame === undefined) break
      if (frame.length > FRAME_BYTES_MAX) this.fail('frame-too-large')
      else this.#deliver(this.#handlers, frame)
    }
    this.#isPumping = false
    const isRead = this.#incoming.length === 0 && this.#handlers !== undefined && !this.#isReceiverBusy
    if (this.#hasRemoteEnded && isRead) this.#finish('remote')
  }

  #deliver(handlers: LinkHandlers, frame: Uint8Array): void {
    // the receiver owns its bytes: never the array that the sender had
    const busy = handlers.onFrame(frame.slice())
    this.#hub.clock.after(this.#hub.latencyMs, () => this.#other?.credit(frame.length))
    if (busy === undefined) return
    this.#isReceiverBusy = true
    void busy.then(() => {
      this.#isReceiverBusy = false
      this.#pump()
    })
  }

  #finish(reason: LinkCloseReason): void {
    if (this.#closeReason !== undefined) return
    this.#closeReason = reason
    this.#incoming = []
    this.onFinish()
    const handlers = this.#handlers
    if (handlers !== undefined) queueMicrotask(() => handlers.onClose(reason))
  }
}

async function waitUnlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
