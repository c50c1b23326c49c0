/** The blocks that our names point at, in memory: the engine gives them again after each start. */
import type { BlockSource } from './ipfs.ts'

export class HeldBlocks implements BlockSource {
  readonly #byName = new Map<string, { readonly cid: string; readonly block: Uint8Array }>()

  /** Copies `block`, in place of the one before of this name. @returns the CID before, when nothing else needs it now. */
  hold(name: string, cid: string, block: Uint8Array): string | undefined {
    const before = this.#byName.get(name)?.cid
    this.#byName.set(name, { cid, block: new Uint8Array(block) })
    return before === undefined || this.#find(before) !== undefined ? undefined : before
  }

  async read(cid: string): Promise<Uint8Array | undefined> {
    const block = this.#find(cid)
    return block && new Uint8Array(block)
  }

  cids(): readonly string[] {
    return [...this.#byName.values()].map(({ cid }) => cid)
  }

  clear(): void {
    this.#byName.clear()
  }

  #find(cid: string): Uint8Array | undefined {
    for (const held of this.#byName.values()) if (held.cid === cid) return held.block
    return undefined
  }
}
