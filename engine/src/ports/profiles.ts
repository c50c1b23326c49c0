/**
 * Public profiles on their way to those who wait for them. What a record says is checked by the engine, which believes
 * nobody; these ports carry bytes. Spec: PUB-1…
 */

/** Records that are pushed the moment they change, on topics that everybody shares. */
export interface ProfilePushPort {
  /** From now on records of exactly these topics (0 … PROFILE_TOPICS − 1) are heard. */
  listen(topics: ReadonlySet<number>): void
  /** Tells everybody who listens to `topic`; at most PROFILE_BYTES_MAX. Lost without a sign when nobody is connected. */
  push(topic: number, record: Uint8Array): void
}

export interface ProfilePushHandlers {
  /** A record from anybody, unverified, fresh memory. */
  onProfile(topic: number, record: Uint8Array): void
}

/** IPNS over the DHT of our network: stock records that every IPFS node can read. */
export interface NameServicePort {
  /**
   * Publishes under the name of `seed`'s Ed25519 key (32 bytes, borrowed) that it points at `block`, a raw block of at
   * most PROFILE_BYTES_MAX, which our node provides from now on in place of the one before. `sequence` rises.
   * @throws PortError `UNREACHABLE` when nobody took it; the abort reason.
   */
  publish(seed: Uint8Array, block: Uint8Array, sequence: number, signal: AbortSignal): Promise<void>
  /**
   * The block that the name of `publicKey` (32 bytes) points at, checked against its CID, by a quorum of the DHT.
   * `undefined` when there is no such name or nobody has the block. @throws the abort reason.
   */
  resolve(publicKey: Uint8Array, signal: AbortSignal): Promise<Uint8Array | undefined>
  /** Idempotent. */
  stop(): Promise<void>
}
