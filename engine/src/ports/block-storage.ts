/**
 * Where sealed envelopes wait while their reader is away: a place of the sender's choosing, besides the push nodes.
 * Blocks are ciphertext and named by their content; whoever holds one learns its size. Spec: BLK-1…BLK-8.
 */
export interface BlockStoragePort {
  /** For display. */
  readonly kind: StorageKind
  /**
   * Keeps `block` durably under `cid` and says where a reader finds it, at least one location, best first:
   * `https://…` for a plain GET of exactly the block, or a multiaddr that ends in `/p2p/ID` for an IPFS peer that has it.
   * Idempotent: the same block again renews its locations. The bytes are borrowed until this settles.
   * @throws PortError `STORAGE_UNREACHABLE` (retryable), `STORAGE_REFUSED` (wrong credentials, quota: a person must act),
   * `STORE_FULL` for a full disk of this machine; the abort reason; AssertionError when `cid` is not the name of `block`
   * or it is over ENVELOPE_BYTES_MAX (BLK-3).
   */
  store(cid: string, block: Uint8Array, signal: AbortSignal): Promise<readonly string[]>
  /** Whether the place still has exactly this block. @throws PortError `STORAGE_UNREACHABLE`, `STORAGE_REFUSED`; the abort reason. */
  has(cid: string, signal: AbortSignal): Promise<boolean>
  /** Removes it; a block that is not there is removed already. @throws as {@link has}. */
  remove(cid: string, signal: AbortSignal): Promise<void>
  /** Ends connections, servers and calls (BLK-8). Idempotent. What is stored stays. */
  stop(): Promise<void>
}

export type StorageKind = 'self-hosted' | 'dropbox' | 's3' | 'pinning'

/** Reads blocks from the locations that other people's storage gave. Spec: BLK-9, BLK-10. */
export interface BlockReaderPort {
  /** True when this reader is allowed and able to try `location`; any text. */
  canRead(location: string): boolean
  /**
   * The block, verified against `cid`; fresh memory. `undefined` when the place answers but does not have it, or has
   * other bytes, or more than ENVELOPE_BYTES_MAX of them.
   * @throws PortError `STORAGE_UNREACHABLE`; the abort reason.
   */
  read(location: string, cid: string, signal: AbortSignal): Promise<Uint8Array | undefined>
  /** Ends calls (BLK-8). Idempotent. */
  stop(): Promise<void>
}
