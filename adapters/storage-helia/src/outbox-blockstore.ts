import type { LogPort } from '@parley/engine'
import { BaseBlockstore } from 'blockstore-core'
import type { CID } from 'multiformats/cid'

/** A place of blocks that peers may have. */
export interface BlockSource {
  /** Fresh memory; `undefined` when it is not here. `cid` is any text. A rejection counts as not here. */
  read(cid: string): Promise<Uint8Array | undefined>
}

/**
 * What Helia sees of this machine: the blocks of its sources (outboxes, a published profile), and nothing else, so what Helia fetched for a reader is not kept, and nothing that Helia asks for is ever deleted. Spec: BLK-12.
 */
export class OutboxBlockstore extends BaseBlockstore {
  readonly #sources = new Set<BlockSource>()
  readonly #log: LogPort

  constructor(log: LogPort) {
    super()
    this.#log = log
  }

  serve(source: BlockSource): void {
    this.#sources.add(source)
  }

  forget(source: BlockSource): void {
    this.#sources.delete(source)
  }

  override async has(cid: CID): Promise<boolean> {
    return (await this.#find(cid)) !== undefined
  }

  override async *get(cid: CID): AsyncGenerator<Uint8Array> {
    const block = await this.#find(cid)
    if (block === undefined) throw new BlockNotFoundError()
    yield block
  }

  override put(cid: CID): CID {
    return cid
  }

  async #find(cid: CID): Promise<Uint8Array | undefined> {
    for (const source of this.#sources) {
      try {
        const block = await source.read(cid.toString())
        if (block !== undefined) return block
      } catch (error) {
        // the asking peer is told that the block is not here: a disk that fails is this machine's concern
        this.#log.log('error', 'outbox: a block could not be read for a peer', { reason: String(error) })
      }
    }
    return undefined
  }
}

/** The name is what bitswap looks at. */
class BlockNotFoundError extends Error {
  override readonly name = 'NotFoundError'

  constructor() {
    super('this block is not here')
  }
}
