/**
 * Finds records that are not here: with the account itself when there is a link, then with push nodes, then with the peers
 * of the DHT that are closest to its digest, and last under its IPNS name. The first good answer counts; a newer one that
 * comes later takes its place. Spec: PFX-10…PFX-13.
 */
import { parseAccount, PROFILE_LOOKUP_TIMEOUT_MS, PROFILE_LOOKUPS_MAX, PROFILE_NAMES_MAX, toHex } from '@parley/core'
import type { ProfileAnswer } from '../api/schema.ts'
import type { Context } from '../context.ts'
import { peerOfAddress } from '../mailbox/places.ts'
import { contactByAccount } from '../store/contacts.ts'
import type { ProfileBook } from './book.ts'
import type { CachedProfile, ProfileCache } from './cache.ts'
import type { HolderClient } from './holder-client.ts'
import { Lane, PRIORITIES, type Priority } from './lane.ts'
import type { Names } from './names.ts'
import { isFarewell } from './view.ts'
import { within } from './within.ts'

/** How long the account itself is waited for before others are asked too. */
const LINK_PATIENCE_MS = 2_000

export interface Digest {
  readonly bytes: Uint8Array
  readonly hex: string
}

export type Source = ProfileAnswer['source']

/** found: `cached` is there. unknown: whoever answered does not know it. failed: nobody answered. */
export type LookedUp =
  | { readonly type: 'found'; readonly cached: CachedProfile; readonly source: Source }
  | { readonly type: 'unknown' | 'failed' }

export interface LookupHost {
  readonly context: () => Context
  readonly cache: ProfileCache
  readonly book: ProfileBook
  readonly holders: HolderClient
  readonly names: Names
  /** Asks the account itself, over a link to it; `undefined` when there is none. */
  readonly askLink: (digestHex: string, patienceMs: number) => Promise<boolean> | undefined
}

interface Wanted {
  readonly digest: Digest
  /** `did:key`, once it is known. */
  account: string | undefined
  priority: Priority
  /** Who waits; a look that is for ourselves waits for ever. */
  waiting: number
  readonly ended: PromiseWithResolvers<LookedUp>
  /** Made when the first request for it goes out: most of many wait, and need none. */
  aborter: AbortController | undefined
  isSettled: boolean
  /** Somebody answered, even that there is nothing. */
  isAnswered: boolean
}

export class Lookups {
  readonly #host: LookupHost
  readonly #wanted = new Map<string, Wanted>()
  /** Those that many names can be asked of at once. */
  readonly #asking: Lane<Wanted>
  /** One walk through the DHT for each. */
  readonly #walking: Lane<Wanted>
  readonly #stopping = new AbortController()

  constructor(host: LookupHost) {
    this.#host = host
    const atOnce = PROFILE_LOOKUPS_MAX
    this.#asking = new Lane({
      atOnce,
      batchMax: PROFILE_NAMES_MAX,
      run: (batch) => this.#safely(batch, () => this.#ask(batch)),
    })
    this.#walking = new Lane({
      atOnce,
      batchMax: 1,
      run: (batch) => this.#safely(batch, () => this.#walkAll(batch)),
    })
  }

  isLooking(digestHex: string): boolean {
    return this.#wanted.has(digestHex)
  }

  /**
   * Looks for the newest record. Asked again meanwhile, it is one look, as urgent as the most urgent who asked. `cancel`:
   * this caller waits no longer; what nobody waits for ends. Never rejects.
   */
  look(digest: Digest, account: string | undefined, priority: Priority) {
    const wanted = this.#wanted.get(digest.hex) ?? this.#begin(digest, priority)
    wanted.account ??= account
    wanted.waiting++
    if (PRIORITIES.indexOf(priority) < PRIORITIES.indexOf(wanted.priority)) this.#raise(wanted, priority)
    let isWaiting = true
    const cancel = () => {
      if (!isWaiting) return
      isWaiting = false
      wanted.waiting--
      if (wanted.waiting === 0) this.#forget(wanted)
    }
    return { result: wanted.ended.promise, cancel }
  }

  stop(): void {
    this.#stopping.abort(new Error('the engine stops'))
    this.#asking.clear()
    this.#walking.clear()
    for (const wanted of [...this.#wanted.values()]) this.#settle(wanted, { type: 'failed' })
  }

  #begin(digest: Digest, priority: Priority): Wanted {
    const wanted: Wanted = {
      digest,
      account: undefined,
      priority,
      waiting: 0,
      ended: Promise.withResolvers(),
      aborter: undefined,
      isSettled: false,
      isAnswered: false,
    }
    if (this.#stopping.signal.aborted) {
      wanted.ended.resolve({ type: 'failed' })
      return wanted
    }
    this.#wanted.set(digest.hex, wanted)
    this.#asking.add(wanted, priority)
    return wanted
  }

  #raise(wanted: Wanted, priority: Priority): void {
    wanted.priority = priority
    for (const lane of [this.#asking, this.#walking]) if (lane.has(wanted)) lane.add(wanted, priority)
  }

  #forget(wanted: Wanted): void {
    if (wanted.isSettled) return
    this.#asking.remove(wanted)
    this.#walking.remove(wanted)
    this.#settle(wanted, { type: 'failed' })
    wanted.aborter?.abort(NOBODY_WAITS)
  }

  #settle(wanted: Wanted, result: LookedUp): void {
    if (wanted.isSettled) return
    wanted.isSettled = true
    if (this.#wanted.get(wanted.digest.hex) === wanted) this.#wanted.delete(wanted.digest.hex)
    wanted.ended.resolve(result)
  }

  /** Whether it is known here by now, and settled with that. */
  #isFound(wanted: Wanted, source: Source): boolean {
    const cached = this.#host.cache.held(wanted.digest)
    if (cached === undefined || isFarewell(cached.record)) return false
    this.#settle(wanted, { type: 'found', cached, source })
    return true
  }

  /** Links, then push nodes. */
  async #ask(batch: readonly Wanted[]): Promise<void> {
    await Promise.all(batch.map((wanted) => this.#guard([wanted], () => this.#askLink(wanted))))
    const left = batch.filter((wanted) => !wanted.isSettled && this.#mayAskHolders(wanted))
    const nodes = this.#host.holders.pushNodes()
    if (left.length > 0)
      await Promise.all(nodes.map((address) => this.#guard(left, () => this.#askHolder(address, left))))
    for (const wanted of batch) {
      if (wanted.isSettled) continue
      if (this.#mayAskHolders(wanted)) this.#walking.add(wanted, wanted.priority)
      else this.#settle(wanted, nothing(wanted))
    }
  }

  async #askLink(wanted: Wanted): Promise<void> {
    const isAnswered = await this.#host.askLink(wanted.digest.hex, LINK_PATIENCE_MS)
    if (isAnswered !== true) return
    wanted.isAnswered = true
    this.#isFound(wanted, 'link')
  }

  /**
   * Whoever is known to show a profile to contacts alone has none with others, and asking them would tell them who is
   * interested in whom. PFX-11
   */
  #mayAskHolders({ digest, account, priority }: Wanted): boolean {
    const held = this.#host.cache.held(digest)
    if (held !== undefined) return held.record.isPublic
    // Of a contact who never showed anything nobody else is told, unless somebody looks at them.
    const isUnseen = priority === 'background' && account !== undefined
    return !isUnseen || contactByAccount(this.#host.context().store, account) === undefined
  }

  async #askHolder(address: string, wanted: readonly Wanted[]): Promise<void> {
    const { holders, book } = this.#host
    const byDigest = new Map(wanted.map((one) => [one.digest.hex, one]))
    const taking: Promise<unknown>[] = []
    const found = (digest: Uint8Array, bytes: Uint8Array) => {
      const one = byDigest.get(toHex(digest))
      if (one === undefined) return
      const take = async () => {
        if ((await book.take({ bytes, digest, isWanted: true })) !== 'refused') this.#isFound(one, 'holder')
      }
      taking.push(this.#guard([], take))
    }
    const { clock } = this.#host.context()
    await withAll(wanted, (signal) =>
      within(clock, [signal, this.#stopping.signal], PROFILE_LOOKUP_TIMEOUT_MS / 2, (deadline) =>
        holders.get(
          address,
          wanted.map(({ digest }) => digest.bytes),
          found,
          deadline,
        ),
      ),
    )
    await Promise.all(taking)
    for (const one of wanted) one.isAnswered = true
  }

  async #walkAll(batch: readonly Wanted[]): Promise<void> {
    for (const wanted of batch) await this.#walk(wanted)
  }

  /** The DHT, then IPNS. */
  async #walk(wanted: Wanted): Promise<void> {
    const { clock } = this.#host.context()
    const { holders } = this.#host
    const parents = [signalOf(wanted), this.#stopping.signal]
    await this.#guard([wanted], () =>
      within(clock, parents, PROFILE_LOOKUP_TIMEOUT_MS, async (signal) => {
        const isAsked = new Set(holders.pushNodes().map(peerOfAddress))
        const closest = await holders.closest(wanted.digest.bytes, signal)
        const others = closest.filter((address) => !isAsked.has(peerOfAddress(address)))
        await Promise.all(others.map((address) => this.#guard([wanted], () => this.#askHolder(address, [wanted]))))
      }),
    )
    if (!wanted.isSettled) await this.#guard([wanted], () => this.#resolveName(wanted))
    this.#settle(wanted, nothing(wanted))
  }

  async #resolveName(wanted: Wanted): Promise<void> {
    const account = wanted.account ?? this.#host.cache.held(wanted.digest)?.record.account
    const rootKey = account === undefined ? undefined : parseAccount(account)
    if (rootKey === undefined) return
    const block = await this.#host.names.resolve(rootKey, signalOf(wanted))
    if (block === undefined) return
    wanted.isAnswered = true
    await this.#host.book.take({ bytes: block, digest: wanted.digest.bytes, isWanted: true })
    this.#isFound(wanted, 'ipns')
  }

  /** Whatever goes wrong, everybody who waits is answered. */
  async #safely(batch: readonly Wanted[], work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      const { log } = this.#host.context()
      log.log('error', 'profiles not looked up', { error: String(error) })
      for (const wanted of batch) this.#settle(wanted, { type: 'failed' })
    }
  }

  /** One who fails keeps nobody else from answering. */
  async #guard(wanted: readonly Wanted[], work: () => Promise<void>): Promise<void> {
    if (wanted.length > 0 && wanted.every(({ isSettled }) => isSettled)) return
    try {
      await work()
    } catch (error) {
      const { log } = this.#host.context()
      log.log('debug', 'nobody there to tell a profile', { error: String(error) })
    }
  }
}

/** One for all: an error each is most of what it costs to leave a long stream. */
const NOBODY_WAITS = new Error('nobody waits for this')

/** Aborts when nobody waits any more. Asked for only while somebody does. */
const signalOf = (wanted: Wanted): AbortSignal => (wanted.aborter ??= new AbortController()).signal

const nothing = ({ isAnswered }: Wanted): LookedUp => ({ type: isAnswered ? 'unknown' : 'failed' })

/** Runs `work` with a signal that aborts once every one of `wanted` did. */
async function withAll<T>(wanted: readonly Wanted[], work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const aborter = new AbortController()
  const signals = wanted.map(signalOf)
  const check = () => {
    if (signals.every(({ aborted }) => aborted)) aborter.abort(NOBODY_WAITS)
  }
  check()
  for (const signal of signals) signal.addEventListener('abort', check, { once: true })
  try {
    return await work(aborter.signal)
  } finally {
    for (const signal of signals) signal.removeEventListener('abort', check)
  }
}
