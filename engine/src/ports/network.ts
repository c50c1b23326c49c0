/**
 * Streams between devices. One link is one long-lived, ordered, reliable stream to one peer, encrypted by the
 * transport (Noise), whose remote peer id the transport has proven. Who that device belongs to is not its business.
 */
export interface NetworkPort {
  /** Own peer id, base58 or CIDv1 text as libp2p prints it; derived from the device's Ed25519 key. */
  readonly peerId: string
  /** Starts listening. Links made by others arrive at `onLink`, links made by {@link connect} too. */
  start(handlers: NetworkHandlers): Promise<void>
  /**
   * Makes sure a link to `peerId` exists, dialling `addresses` and what the network knows about the peer.
   * Resolves when the link has been handed to `onLink`; concurrent calls for one peer share one dial.
   * @throws PortError `UNREACHABLE` (retryable) when no address answers, or the abort reason.
   */
  connect(peerId: string, addresses: readonly string[], signal: AbortSignal): Promise<void>
  /** Dialable multiaddrs with `/p2p/` at the end; empty while nothing listens. */
  addresses(): readonly string[]
  status(): NetworkStatus
  /** Ends every link and listener. Idempotent. */
  stop(): Promise<void>
}

export interface NetworkHandlers {
  onLink(link: Link): void
  /** Addresses, relays or bootstrap peers changed: read {@link NetworkPort.status} again. */
  onStatus(): void
}

export interface Link {
  readonly peerId: string
  readonly direction: 'inbound' | 'outbound'
  /** Remote multiaddr, for display. */
  readonly remoteAddress: string
  /** True when the bytes pass through a circuit relay. */
  readonly isRelayed: boolean
  /** Frames arrive in order, one at a time; set both before the next macrotask or lose nothing: they are buffered. */
  listen(handlers: LinkHandlers): void
  /**
   * Queues one frame (≤ FRAME_BYTES_MAX); frames of one tick leave in one write. False when the link is closed or its
   * send buffer is over {@link LINK_BUFFER_BYTES_MAX}: the caller keeps the frame and waits for `onDrain`.
   * The bytes are owned by the link from here on.
   */
  send(frame: Uint8Array): boolean
  /** Idempotent. `onClose` follows. */
  close(): void
}

export interface LinkHandlers {
  /** The bytes belong to the receiver. A frame larger than FRAME_BYTES_MAX closes the link instead. */
  onFrame(frame: Uint8Array): void
  onDrain(): void
  onClose(reason: LinkCloseReason): void
}

export type LinkCloseReason = 'local' | 'remote' | 'frame-too-large' | 'malformed' | 'transport'

export interface NetworkStatus {
  readonly isListening: boolean
  readonly addresses: readonly string[]
  /** Push nodes and bootstrap peers, and whether each is connected now. */
  readonly infrastructure: readonly { readonly address: string; readonly isConnected: boolean }[]
  readonly connections: number
}

export const LINK_BUFFER_BYTES_MAX = 8 * 1_048_576
