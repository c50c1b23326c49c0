/** Copies of blocks with push nodes and in the own storage, and pointers where they are looked for. Spec: OFF-3, OFF-4. */
import { cidText, type PointedBlock } from '@parley/core'
import type { Context } from '../context.ts'
import type { BlockStoragePort } from '../ports/block-storage.ts'
import type { Cancel } from '../ports/clock.ts'
import { withDeadline } from '../ports/deadline.ts'
import { PortError } from '../ports/port-error.ts'
import type { Block, Holders } from './holders.ts'

/** How long a deposit that push nodes took waits for the own storage. */
const STORAGE_PATIENCE_MS = 500
/** Blocks that are given to the own storage at the same time. */
const STORAGE_PARALLEL = 8

/** What the own storage did. */
export interface OwnCopies {
  /** The blocks, with their locations in the own storage where each has its own. */
  readonly blocks: readonly PointedBlock[]
  /** Locations in the own storage that have all of them. */
  readonly locations: readonly string[]
  /** The own storage has all of them … */
  readonly isKept: boolean
  /** … and is not this machine. */
  readonly isKeptElsewhere: boolean
}

export interface Copies extends OwnCopies {
  /** Push nodes that hold all blocks, with their receipts. */
  readonly holders: readonly { readonly address: string; readonly receipt: Uint8Array | undefined }[]
  /** The own storage is still at it: a pinning service may take minutes. */
  readonly later: Promise<OwnCopies> | undefined
}

export interface WarehouseOptions {
  readonly holders: Holders
  /** Opens the own storage when it is first needed; undefined when there is none. */
  readonly openStorage: () => Promise<BlockStoragePort | undefined>
  /** The own storage gives each block a location of its own. */
  readonly hasOwnLocations: boolean
  readonly signal: AbortSignal
}

export class Warehouse {
  readonly #context: () => Context
  readonly #options: WarehouseOptions

  constructor(context: () => Context, options: WarehouseOptions) {
    this.#context = context
    this.#options = options
  }

  get hasOwnLocations(): boolean {
    return this.#options.hasOwnLocations
  }

  /**
   * Leaves `blocks` with the first `wanted` of `places` that take them all, and in the own storage.
   * @throws PortError when nobody but this machine has them: the reader may as well be dialled.
   */
  async keep(places: readonly string[], blocks: readonly Block[], wanted: number): Promise<Copies> {
    const leaving = this.#leave(places, blocks, wanted)
    // What this machine alone has is in the outbox already: a second copy would be nobody's when a link takes the first.
    if (!this.#options.hasOwnLocations && (await leaving).length === 0) throw notTaken(places)
    const keeping = this.#keepSelf(blocks)
    const holders = await leaving
    const own = holders.length === 0 ? await keeping : await this.#inTime(keeping)
    if (holders.length === 0 && own?.isKeptElsewhere !== true) throw notTaken(places)
    if (own !== undefined) return { ...own, holders, later: undefined }
    const named = blocks.map(({ cid, size }) => ({ cid, size }))
    return { blocks: named, locations: [], isKept: false, isKeptElsewhere: false, holders, later: keeping }
  }

  /** Push nodes have it: the reader need not wait for a slow storage. */
  async #inTime(keeping: Promise<OwnCopies>): Promise<OwnCopies | undefined> {
    const { clock } = this.#context()
    const { signal } = this.#options
    const after = (delayMs: number, fire: () => void): Cancel => clock.after(delayMs, fire)
    return withDeadline(after, [signal], STORAGE_PATIENCE_MS, () => keeping).catch(() => {
      signal.throwIfAborted()
      return undefined
    })
  }

  /** The first `wanted` places at once; each that fails is replaced by the next. */
  async #leave(places: readonly string[], blocks: readonly Block[], wanted: number): Promise<Copies['holders']> {
    const waiting = [...places]
    const taken: { address: string; receipt: Uint8Array }[] = []
    const leave = async (): Promise<void> => {
      for (let address = waiting.shift(); address !== undefined; address = waiting.shift()) {
        try {
          taken.push({ address, receipt: await this.#options.holders.store(address, blocks) })
          return
        } catch (error) {
          this.#context().log.log('info', 'a push node did not take what waits', { error: String(error) })
          this.#takeBack(address, blocks)
        }
      }
    }
    await Promise.all(Array.from({ length: wanted }, leave))
    return taken
  }

  /** What it took of them would count as ours for thirty days. Nobody waits for it: what it is told next is told behind this. */
  #takeBack(address: string, blocks: readonly Block[]): void {
    const cids = blocks.map(({ cid }) => cid)
    this.#options.holders
      .drop(address, cids)
      .catch((error: unknown) =>
        this.#context().log.log('debug', 'a push node may keep some of what waits', { error: String(error) }),
      )
  }

  async #keepSelf(blocks: readonly Block[]): Promise<OwnCopies> {
    const named = blocks.map(({ cid, size }) => ({ cid, size }))
    const storage = await this.#storage()
    if (storage === undefined) return { blocks: named, locations: [], isKeptElsewhere: false, isKept: false }
    const found = new Map<Block, readonly string[]>()
    const waiting = [...blocks]
    let failures = 0
    const work = async (): Promise<void> => {
      for (let block = waiting.shift(); block !== undefined && failures === 0; block = waiting.shift()) {
        try {
          found.set(block, await storage.store(cidText(block.cid), block.bytes, this.#options.signal))
        } catch (error) {
          failures++
          this.#context().log.log('warn', 'the own storage did not take what waits', {
            kind: storage.kind,
            error: String(error),
          })
        }
      }
    }
    await Promise.all(Array.from({ length: STORAGE_PARALLEL }, work))
    const isKept = failures === 0
    if (!isKept) return { blocks: named, locations: [], isKeptElsewhere: false, isKept }
    const isKeptElsewhere = storage.kind !== 'self-hosted'
    const [first = []] = found.values()
    // Our own node has all of them at each of its addresses, also when those changed in between.
    const shared = isKeptElsewhere
      ? first.filter((location) => blocks.every((block) => found.get(block)?.includes(location)))
      : [...new Set([...found.values()].flat())]
    const own = blocks.map((block): PointedBlock => {
      const { cid, size } = block
      const location = found.get(block)?.find((candidate) => !shared.includes(candidate))
      return { cid, size, ...(location === undefined ? {} : { location }) }
    })
    return { blocks: own, locations: shared, isKeptElsewhere, isKept }
  }

  async #storage(): Promise<BlockStoragePort | undefined> {
    try {
      return await this.#options.openStorage()
    } catch (error) {
      this.#context().log.log('warn', 'the own storage cannot be opened', { error: String(error) })
      return undefined
    }
  }

  /**
   * Puts a record at the push nodes at once, and at the closest peers of the DHT when they were found; the latter is not
   * waited for. @throws PortError when no push node took it and there is no DHT.
   */
  async point(record: Uint8Array, key: Uint8Array, places: readonly string[]): Promise<void> {
    const taken = await Promise.all(places.map((address) => this.#point(address, record)))
    const dht = this.#pointInDht(record, key, places)
    if (taken.some((isTaken) => isTaken)) return
    if ((await dht) === 0) throw new PortError('UNREACHABLE', 'nobody took the pointer', true)
  }

  async #pointInDht(record: Uint8Array, key: Uint8Array, except: readonly string[]): Promise<number> {
    try {
      const peers = await this.#context().sessions.mailbox.closest(key, this.#options.signal)
      const others = peers.filter((address) => !except.includes(address))
      const taken = await Promise.all(others.map((address) => this.#point(address, record)))
      return taken.filter((isTaken) => isTaken).length
    } catch (error) {
      this.#context().log.log('debug', 'the DHT did not take a pointer', { error: String(error) })
      return 0
    }
  }

  async #point(address: string, record: Uint8Array): Promise<boolean> {
    try {
      const [status] = await this.#options.holders.point(address, [record])
      return status === 'kept' || status === 'older'
    } catch (error) {
      this.#context().log.log('debug', 'a pointer was not taken', { error: String(error) })
      return false
    }
  }

  /** Bits of work that these places ask for: the most of those that answer. */
  async workBits(places: readonly string[], otherwise: number): Promise<number> {
    const answers = await Promise.all(
      places.map((address) =>
        this.#options.holders.info(address).then(
          ({ workBits }) => workBits,
          () => undefined,
        ),
      ),
    )
    const known = answers.filter((bits) => bits !== undefined)
    return known.length === 0 ? otherwise : Math.max(...known)
  }

  /**
   * Nobody needs these any more. A push node that cannot be reached forgets them by itself when their time is over. OFF-8
   * @returns false when the own storage may still have some of them.
   */
  async discard(cids: readonly Uint8Array[], holders: readonly string[]): Promise<boolean> {
    const { log } = this.#context()
    const drops = holders.map((address) =>
      this.#options.holders
        .drop(address, cids)
        .catch((error: unknown) =>
          log.log('debug', 'a push node keeps what nobody needs until it expires', { error: String(error) }),
        ),
    )
    await Promise.all(drops)
    return this.#forgetSelf(cids)
  }

  async #forgetSelf(cids: readonly Uint8Array[]): Promise<boolean> {
    const { openStorage, signal } = this.#options
    try {
      const storage = await openStorage()
      for (const cid of cids) await storage?.remove(cidText(cid), signal)
      return true
    } catch (error) {
      // What is not done now is done after the next start.
      signal.throwIfAborted()
      this.#context().log.log('warn', 'the own storage keeps what nobody needs', { error: String(error) })
      return false
    }
  }
}

const notTaken = (places: readonly string[]): PortError =>
  new PortError('UNREACHABLE', `none of ${places.length} push nodes took it`, true)
