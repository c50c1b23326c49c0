/** The part that a name service has in the Helia of its node; `leaseIpfs` of `adapters/storage-helia` gives one. */
import type { Connection } from '@libp2p/interface'
import type { Helia } from 'helia'

export interface BlockSource {
  read(cid: string): Promise<Uint8Array | undefined>
}

export interface Ipfs {
  /** Starts Helia when it does not run yet. */
  start(): Promise<Pick<Helia, 'routing' | 'keychain' | 'logger' | 'getCrypto'>>
  /** From now on the peers of this node may fetch what is in `source`. */
  serve(source: BlockSource): void
  /** The peer at the other end, and nobody else, is asked for the block; `undefined`: it has none. */
  ask(connection: Connection, cid: string, signal: AbortSignal): Promise<Uint8Array | undefined>
  /** Stops serving. Idempotent. */
  release(): Promise<void>
}
