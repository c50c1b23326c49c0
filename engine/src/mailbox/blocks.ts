/** Blocks from whoever has them: many at once from push nodes, one by one from the storage of their senders. Spec: OFF-6. */
import { cidText, toHex, type Millis, type NamedBlock } from '@parley/core'
import type { BlockReaderPort } from '../ports/block-storage.ts'
import type { ClockPort } from '../ports/clock.ts'
import type { LogPort } from '../ports/log.ts'
import type { Holders } from './holders.ts'
import { patience } from './patience.ts'

/** Reads of other people's storage at the same time. */
const READS_PARALLEL = 8
/** Places that are not our push nodes and that one fetch tries. */
const PLACES_MAX = 16
/** How long a place may take before the next one is asked as well. */
const PATIENCE_MS = 2_000
/** A place that failed is left alone, twice as long each time; an own push node for the shortest time only. */
const PAUSE_MIN_MS = 20_000
const PAUSE_MAX_MS = 60 * 60_000
/** Places that are remembered as failed; the oldest is forgotten first. */
const FAILED_MAX = 1_024

export interface WantedBlock extends NamedBlock {
  /** Push nodes and locations of storage, best first. */
  readonly holders: readonly string[]
}

export interface BlocksOptions {
  readonly holders: Holders
  /** Our own, connected now. */
  readonly pushNodes: () => readonly string[]
  /** Opens the readers of storage when one is first needed. */
  readonly openReaders: () => Promise<readonly BlockReaderPort[]>
  readonly clock: ClockPort
  readonly log: LogPort
  readonly signal: AbortSignal
}

interface Failure {
  readonly times: number
  readonly until: Millis
}

export class Blocks {
  readonly signal: AbortSignal
  readonly #options: BlocksOptions
  readonly #failures = new Map<string, Failure>()

  constructor(options: BlocksOptions) {
    this.#options = options
    this.signal = options.signal
  }

  /** What could be had, verified, by CID in hex. */
  async fetch(wanted: readonly WantedBlock[]): Promise<ReadonlyMap<string, Uint8Array>> {
    const found = new Map<string, Uint8Array>()
    const own = new Set(this.#options.pushNodes())
    // Push nodes take many at once: each is asked for all that it may have and that is still missing.
    const named = new Set(wanted.flatMap(({ holders }) => holders.filter(isPeer)))
    const others = [...named].filter((address) => !own.has(address) && this.#mayTry(address)).slice(0, PLACES_MAX)
    const places = [...own].filter((each) => named.has(each) && this.#mayTry(each)).concat(others)
    await this.#fetchFromAll(places, own, wanted, found)
    const rest = wanted.filter(({ cid }) => !found.has(toHex(cid)))
    if (rest.length > 0) await this.#readAll(rest, found)
    return found
  }

  /** One place after the other; a slow one is not waited for before the next is asked, only before it is given up. */
  async #fetchFromAll(
    places: readonly string[],
    own: ReadonlySet<string>,
    wanted: readonly WantedBlock[],
    found: Map<string, Uint8Array>,
  ): Promise<void> {
    const isMissing = ({ cid }: WantedBlock): boolean => !found.has(toHex(cid))
    const asking: Promise<void>[] = []
    for (const address of places) {
      const missing = wanted.filter((block) => block.holders.includes(address) && isMissing(block))
      if (missing.length === 0) continue
      const asked = this.#fetchFrom(address, own.has(address), missing, found)
      asking.push(asked)
      await patience(this.#options.clock, PATIENCE_MS, asked)
    }
    for (const asked of asking) if (wanted.some(isMissing)) await asked
  }

  /** Our push nodes may be themselves again. */
  retry(): void {
    for (const address of this.#options.pushNodes()) this.#failures.delete(address)
  }

  #mayTry(place: string): boolean {
    const failure = this.#failures.get(place)
    return failure === undefined || failure.until <= this.#options.clock.now()
  }

  #failed(place: string, isOwn: boolean): void {
    const times = isOwn ? 0 : (this.#failures.get(place)?.times ?? 0)
    const until = this.#options.clock.now() + Math.min(PAUSE_MAX_MS, PAUSE_MIN_MS * 2 ** times)
    this.#failures.delete(place)
    this.#failures.set(place, { times: times + 1, until })
    for (const oldest of this.#failures.keys()) {
      if (this.#failures.size <= FAILED_MAX) break
      this.#failures.delete(oldest)
    }
  }

  async #fetchFrom(
    address: string,
    isOwn: boolean,
    missing: readonly NamedBlock[],
    found: Map<string, Uint8Array>,
  ): Promise<void> {
    try {
      const distinct = new Map(missing.map((block) => [toHex(block.cid), block]))
      for (const block of await this.#options.holders.fetch(address, [...distinct.values()])) {
        found.set(toHex(block.cid), block.bytes)
      }
      this.#failures.delete(address)
    } catch (error) {
      this.#failed(address, isOwn)
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

  async #read(readers: readonly BlockReaderPort[], wanted: WantedBlock): Promise<Uint8Array | undefined> {
    for (const location of new Set(wanted.holders)) {
      if (!this.#mayTry(location)) continue
      for (const reader of readers.filter((candidate) => candidate.canRead(location))) {
        const bytes = await reader.read(location, cidText(wanted.cid), this.signal).catch((error: unknown) => {
          this.#failed(location, false)
          this.#options.log.log('debug', 'storage did not answer', { error: String(error) })
          return undefined
        })
        if (bytes?.length === wanted.size) return bytes
      }
    }
    return undefined
  }
}

/** A multiaddr of a peer rather than a URL. */
export const isPeer = (holder: string): boolean => holder.startsWith('/') && holder.includes('/p2p/')
