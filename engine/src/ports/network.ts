import type { MailboxHandlers, MailboxPort } from './mailbox.ts'
import type { ReachPort } from './reach.ts'
import type { ProfilePushHandlers, ProfilePushPort } from './profiles.ts'

/**
 * Streams between devices. One link is one long-lived, ordered, reliable stream to one peer, encrypted by the
 * transport (Noise), whose remote peer id the transport has proven. Who that device belongs to is not its business.
 */
export interface NetworkPort {
  /** Own peer id, base58 or CIDv1 text as libp2p prints it; derived from the device's Ed25519 key. */
  readonly peerId: string
  /** Requests to push nodes and DHT peers. Usable between {@link start} and {@link stop}. */
  readonly mailbox: MailboxPort
  readonly reach: ReachPort
  /** Profiles of the moment. Usable between {@link start} and {@link stop}. */
  readonly profiles: ProfilePushPort
  /**
   * Takes part in the network. Links made by others arrive at `onLink`, links made by {@link connect} too; while the
   * pair of peers has a link, the newer one of a second pair of dials replaces it (`onClose`, then `onLink`).
   * Called once.
   */
  start(handlers: NetworkHandlers): Promise<void>
  /**
   * Makes sure a link to `peerId` exists, dialling `addresses` and what the network knows about the peer.
   * Resolves when the link has been handed to `onLink`; concurrent calls for one peer share one dial.
   * Returns at once when the link is there already.
   * @throws PortError `UNREACHABLE` when no address answers (retryable) or the peer answers and speaks another version
   * of the protocol (not retryable); the abort reason when `signal` aborts, which leaves the dial to the other callers.
   */
  connect(peerId: string, addresses: readonly string[], signal: AbortSignal): Promise<void>
  /**
   * The device at the other end of the link to `peerId` may learn where we are: a link through a relay is moved to a
   * direct path where one can be found, and the other end's search for one is answered. Holds until the port stops.
   */
  permitDirect(peerId: string): void
  /**
   * Says that a peer may be gone without a word, such as when acknowledgements stay out. Its links end with `transport`
   * when it gives no sign of life soon; nothing happens when there is none.
   */
  check(peerId: string): void
  /** Dialable multiaddrs with `/p2p/` at the end; empty while nothing listens. */
  addresses(): readonly string[]
  status(): NetworkStatus
  /** Ends every link and listener. Idempotent. */
  stop(): Promise<void>
}

export interface NetworkHandlers extends MailboxHandlers, ProfilePushHandlers {
  onLink(link: Link): void
  /** Addresses, relays or bootstrap peers changed: read {@link NetworkPort.status} again. */
  onStatus(): void
  /** This machine came to another network, woke or is back: what waits for a later try should be tried now. */
  onNetworkChanged(): void
  /** Whether this peer may have us dial it back: a device with a link whose account is proven. Absent: nobody. NET-12 */
  mayAskDialBack?(peerId: string): boolean
  /** Somebody on the local network answered to a tag that we look for; unverified. `address` is without `/p2p/`. NET-15 */
  onLocalPeer?(tag: string, address: string): void
}

export interface Link {
  readonly peerId: string
  readonly direction: 'inbound' | 'outbound'
  /** Remote multiaddr of the moment, for display. */
  readonly remoteAddress: string
  /** True when the bytes pass through a circuit relay. A link may get off it while it is open, and then says so here. */
  readonly isRelayed: boolean
  /** Frames arrive in order, one at a time, never within this call. Until then nothing is lost: they are buffered. */
  listen(handlers: LinkHandlers): void
  /**
   * Queues one frame (≤ FRAME_BYTES_MAX); frames of one tick leave in one write. False when the link is closed or its
   * send buffer is over {@link LINK_BUFFER_BYTES_MAX}: the caller keeps the frame and waits for `onDrain`.
   * The bytes are owned by the link from here on.
   */
  send(frame: Uint8Array): boolean
  /**
   * Idempotent. `onClose('local')` follows, never within this call; no frame is delivered any more. Frames accepted by
   * {@link send} still leave while the other end takes them, for LINK_CLOSE_TIMEOUT_MS at most.
   */
  close(): void
}

export interface LinkHandlers {
  /**
   * The bytes belong to the receiver. A frame larger than FRAME_BYTES_MAX closes the link instead.
   *
   * A receiver that cannot take more returns a promise: no further frame is delivered until it resolves, and the
   * sender is slowed down. Must not throw or reject.
   */
  onFrame(frame: Uint8Array): void | Promise<void>
  onDrain(): void
  onClose(reason: LinkCloseReason): void
}

export type LinkCloseReason = 'local' | 'remote' | 'frame-too-large' | 'malformed' | 'transport'

/** Who may reach us: this computer, the local network, whoever has an address of ours. Over Tor always `anyone`. */
export type Reach = 'computer' | 'network' | 'anyone'

export interface PushNodeStatus {
  readonly address: string
  readonly peerId: string
  readonly isConnected: boolean
  /** `none`: it was not asked for a place, or does not relay. */
  readonly relay: 'reserved' | 'refused' | 'none'
  /** Why it refused, in its words. */
  readonly refusal?: string
}

export interface PortMappingStatus {
  readonly state: 'off' | 'searching' | 'mapped' | 'failed'
  /** Multiaddr that a router says it forwards to us. */
  readonly address?: string
  readonly reason?: string
  /** Somebody reached us through it. */
  readonly isVerified?: boolean
}

export interface NetworkStatus {
  /** `tor`: every connection goes through Tor, and others find us at an onion address. */
  readonly transport: 'direct' | 'tor'
  readonly reach: Reach
  /** It was set at the start: explicit listen addresses, or Tor. */
  readonly isReachFixed: boolean
  readonly portMapping: PortMappingStatus
  readonly isListening: boolean
  readonly addresses: readonly string[]
  /** Push nodes and bootstrap peers, and whether each is connected now. */
  readonly infrastructure: readonly PushNodeStatus[]
  readonly connections: number
  /** Why the links of peers are relayed, as far as they are; absent where nobody looks for direct paths. */
  readonly relayReasons?: ReadonlyMap<string, RelayReason>
}

/**
 * `untried`: nobody has looked for a direct path yet. `trying`: it is looked for now. `not-offered`: the other device does not
 * look for one. `no-path`: the routers between let none through.
 */
export type RelayReason = 'untried' | 'trying' | 'not-offered' | 'no-path'

export const LINK_BUFFER_BYTES_MAX = 8 * 1_048_576
