/** Blocks from whoever has them: many at once from push nodes, one by one from the storage of their senders. Spec: OFF-6. */
import { cidText, toHex } from '@parley/core'
import type { BlockReaderPort } from '../ports/block-storage.ts'
import type { LogPort } from '../ports/log.ts'
import type { Holders } from './holders.ts'

/** Reads of other people's storage at the same time. */
const READS_PARALLEL = 8

export interface WantedBlock {
  readonly cid: Uint8Array
  /** Push nodes and locations of storage, best first. */
  readonly holders: readonly string[]
}

export interface BlocksOptions {
  readonly holders: Holders
  /** Opens the readers of storage when one is first needed. */
  readonly openReaders: () => Promise<readonly BlockReaderPort[]>
  readonly log: LogPort
  readonly signal: AbortSignal
}

export class Blocks {
  readonly signal: AbortSignal
  readonly #options: BlocksOptions

  constructor(options: BlocksOptions) {
    this.#options = options
    this.signal = options.signal
  }

  /** What could be had, verified, by CID in hex. */
  async fetch(wanted: readonly WantedBlock[]): Promise<ReadonlyMap<string, Uint8Array>> {
    const found = new Map<string, Uint8Array>()
    // Push nodes take many at once: each is asked for all that it may have and that is still missing.
    const addresses = new Set(wanted.flatMap(({ holders }) => holders.filter(isPeer)))
    for (const address of addresses) {
      const missing = wanted.filter(({ cid, holders }) => holders.includes(address) && !found.has(toHex(cid)))
      if (missing.length === 0) continue
      await this.#fetchFrom(address, missing, found)
    }
    const rest = wanted.filter(({ cid }) => !found.has(toHex(cid)))
    if (rest.length > 0) await this.#readAll(rest, found)
    return found
  }

  async #fetchFrom(address: string, missing: readonly WantedBlock[], found: Map<string, Uint8Array>): Promise<void> {
    try {
      const cids = new Map(missing.map(({ cid }) => [toHex(cid), cid]))
      for (const block of await this.#options.holders.fetch(address, [...cids.values()])) {
        found.set(toHex(block.cid), block.bytes)
      }
    } catch (error) {
      this.#options.log.log('debug', 'a holder did not give what it has', { error: String(error) })
    }
  }

  async #readAll(rest: readonly WantedBlock[], found: Map<string, Uint8Array>): Promise<void> {
    if (!rest.some(({ holders }) => holders.length > 0)) return
    const readers = await this.#options.openReaders()
    const waiting = [...rest]
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const bytes = await this.#read(readers, next)
        if (bytes !== undefined) found.set(toHex(next.cid), bytes)
      }
    }
    await Promise.all(Array.from({ length: READS_PARALLEL }, work))
  }

  async #read(readers: readonly BlockReaderPort[], { cid, holders }: WantedBlock): Promise<Uint8Array | undefined> {
    for (const location of new Set(holders)) {
      for (const reader of readers.filter((candidate) => candidate.canRead(location))) {
        const bytes = await reader.read(location, cidText(cid), this.signal).catch((error: unknown) => {
          this.#options.log.log('debug', 'storage did not answer', { error: String(error) })
          return undefined
        })
        if (bytes !== undefined) return bytes
      }
    }
    return undefined
  }
}

/** A multiaddr of a peer rather than a URL. */
export const isPeer = (holder: string): boolean => holder.startsWith('/') && holder.includes('/p2p/')
