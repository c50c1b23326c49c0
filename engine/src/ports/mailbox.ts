/**
 * Requests to nodes that hold blocks and pointers for others, and the hints that something new was put there. What is
 * said is the mailbox protocol's business (`core/src/mailbox`); this port carries bytes. Spec: MBX-1…MBX-6.
 */
export interface MailboxPort {
  /**
   * One request to the node at `address`, a multiaddr that ends in `/p2p/ID`, dialled when there is no connection;
   * requests to one node share one stream and may be answered in any order. Request and response have at most
   * MAILBOX_BODY_BYTES_MAX; the response is fresh memory and comes from exactly that peer.
   * @throws PortError `UNREACHABLE`, not retryable when the peer does not speak the protocol; the abort reason.
   */
  request(address: string, request: Uint8Array, signal: AbortSignal): Promise<Uint8Array>
  /** Configured push nodes that are connected now, as in the configuration. */
  pushNodes(): readonly string[]
  /**
   * Peers of the DHT closest to `key` (32 bytes), nearest first, at most POINTER_REPLICAS_MAX, as addresses for
   * {@link request}; never ourselves. Empty when there is no DHT. @throws the abort reason.
   */
  closest(key: Uint8Array, signal: AbortSignal): Promise<readonly string[]>
  /** From now on wake-ups of exactly these topics (0 … WAKE_TOPICS − 1) are heard. */
  listen(topics: ReadonlySet<number>): void
  /** Tells everybody who listens to `topic`; at most WAKE_BYTES_MAX. Lost without a sign when nobody is connected. */
  wake(topic: number, hint: Uint8Array): void
}

export interface MailboxHandlers {
  /** A hint from anybody, unverified. */
  onWake(topic: number, hint: Uint8Array): void
  /** {@link MailboxPort.pushNodes} changed. */
  onPushNodes(): void
}

/**
 * Answers the requests of one peer. Never throws or rejects; `undefined` ends the stream. `from` is proven by the transport.
 */
export type MailboxServer = (from: string, request: Uint8Array) => Promise<Uint8Array | undefined>
