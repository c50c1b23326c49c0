/**
 * Where others look a public profile up: put with push nodes and the closest peers of the DHT, pushed to whoever listens,
 * published under the IPNS name; again and again, and taken back the same way. Spec: PFX-2, PFX-8, PFX-9.
 */
import {
  compareProfiles,
  equalBytes,
  MAILBOX_TIMEOUT_MS,
  parseProfileRecord,
  PROFILE_LIFETIME_MS,
  PROFILE_REPUBLISH_MS,
  profileTopic,
  verifyProfileRecord,
  type PointStatus,
  type ProfileRecord,
} from '@parley/core'
import { withRootSeed } from '../account/root.ts'
import type { Context } from '../context.ts'
import type { Cancel } from '../ports/clock.ts'
import type { HolderClient } from './holder-client.ts'
import type { Names } from './names.ts'
import type { OwnProfile } from './own.ts'
import { isFarewell } from './view.ts'
import { within } from './within.ts'

/** After nobody took it. */
const RETRY_MIN_MS = 2_000
const RETRY_MAX_MS = 5 * 60_000
/** Push nodes come one after the other: one round for those that come together. */
const GATHER_MS = 500

export interface PublisherOptions {
  readonly context: () => Context
  readonly own: OwnProfile
  readonly holders: HolderClient
  readonly names: Names
  /** The own picture. */
  readonly picture: (cid: Uint8Array) => Uint8Array | undefined
  /** A picture of an own record that was found, from where it was found. */
  readonly pictured: (image: Uint8Array) => Promise<void>
}

export class Publisher {
  readonly #options: PublisherOptions
  readonly #stopping = new AbortController()
  #timer: Cancel | undefined
  #running: Promise<void> | undefined
  /** Something changed while a round ran. */
  #isDue = false
  #retryMs = RETRY_MIN_MS
  /** CID of the record that was pushed to those who are connected now. */
  #pushed: Uint8Array | undefined
  #named: Uint8Array | undefined
  /** A holder says that it has a newer record of ours. */
  #isBehind = false
  /** What changes now is of this round, and goes out with it. */
  #isAdopting = false

  constructor(options: PublisherOptions) {
    this.#options = options
  }

  start(): void {
    this.#after(GATHER_MS)
  }

  /** Somebody else should have it. */
  pushNodesChanged(): void {
    this.#pushed = undefined
    this.#hurry()
  }

  /** Another record. */
  changed(): void {
    if (!this.#isAdopting) this.#hurry()
  }

  #hurry(): void {
    this.#retryMs = RETRY_MIN_MS
    this.#isDue = true
    this.#after(GATHER_MS)
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the engine stops'))
    this.#timer?.()
    await this.#running
  }

  #after(delayMs: number): void {
    this.#timer?.()
    this.#timer = undefined
    if (this.#stopping.signal.aborted) return
    this.#timer = this.#options.context().clock.after(delayMs, () => this.#run())
  }

  #run(): void {
    if (this.#running !== undefined) return
    this.#isDue = false
    const { log } = this.#options.context()
    this.#running = this.#round()
      .catch((error: unknown) => {
        if (!this.#stopping.signal.aborted) log.log('warn', 'profile not published', { error: String(error) })
        return false
      })
      .then((isDone) => {
        this.#running = undefined
        if (this.#isDue) this.#after(GATHER_MS)
        else if (isDone) this.#after(PROFILE_REPUBLISH_MS)
        else {
          this.#after(this.#retryMs)
          this.#retryMs = Math.min(RETRY_MAX_MS, 2 * this.#retryMs)
        }
      })
  }

  /** @returns false when it is to be tried again soon. */
  async #round(): Promise<boolean> {
    const { own } = this.#options
    if ((!own.state.isSought || this.#isBehind) && !(await this.#seek())) return false
    const record = this.#record()
    if (record === undefined) {
      if (own.state.farewell !== undefined) await own.note({ farewell: undefined })
      return true
    }
    this.#push(record)
    void this.#name(record)
    const statuses = await this.#put(record)
    const isTaken = statuses.includes('kept')
    // Somebody has a newer one of ours: it is to be found, and to be followed.
    this.#isBehind = !isTaken && statuses.includes('older')
    const { clock } = this.#options.context()
    this.#retryMs = isTaken ? RETRY_MIN_MS : this.#retryMs
    const isCurrent = own.record !== undefined && compareProfiles(own.record, record) === 'same'
    if (isTaken && isCurrent) await own.note({ publishedAt: clock.now() })
    return isTaken
  }

  /** The public record, or the one that takes it back as long as anybody may still hold one before it. */
  #record(): ProfileRecord | undefined {
    const { own, context } = this.#options
    if (own.record?.isPublic === true) return own.record
    const { farewell } = own.state
    const record = farewell === undefined ? undefined : parseProfileRecord(farewell)
    return record?.ok === true && record.value.notAfter > context().clock.now() ? record.value : undefined
  }

  #push(record: ProfileRecord): void {
    if (this.#pushed !== undefined && equalBytes(this.#pushed, record.cid)) return
    this.#pushed = record.cid
    this.#options.context().sessions.profiles.push(profileTopic(record.digest), record.bytes)
  }

  async #put(record: ProfileRecord): Promise<readonly (PointStatus | undefined)[]> {
    const { holders, picture } = this.#options
    const image = record.avatar === undefined ? undefined : picture(record.avatar)
    const nodes = holders.pushNodes()
    const closest = await this.#closest(record.digest)
    const addresses = [...new Set([...nodes, ...closest])]
    return Promise.all(
      addresses.map((address) => {
        const isPushNode = nodes.includes(address)
        return this.#ask((signal) => holders.put(address, record.bytes, isPushNode ? image : undefined, signal))
      }),
    )
  }

  #closest(digest: Uint8Array): Promise<readonly string[]> {
    return this.#ask((signal) => this.#options.holders.closest(digest, signal)).then((found) => found ?? [])
  }

  /** `undefined` when there is no answer. */
  async #ask<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    const { clock, log } = this.#options.context()
    try {
      return await within(clock, [this.#stopping.signal], MAILBOX_TIMEOUT_MS, work)
    } catch (error) {
      this.#stopping.signal.throwIfAborted()
      log.log('debug', 'a holder of profiles does not answer', { error: String(error) })
      return undefined
    }
  }

  /** Slow, and nobody waits for it. */
  async #name(record: ProfileRecord): Promise<void> {
    const { names, context } = this.#options
    if (!names.isThere) return
    this.#named = record.cid
    try {
      await withRootSeed(context(), (seed) => names.publish(seed, record.bytes, record.sequence))
    } catch (error) {
      if (this.#stopping.signal.aborted || this.#named !== record.cid) return
      context().log.log('info', 'profile not published under its name', { error: String(error) })
    }
  }

  /**
   * What a restored account had published before it was lost: it goes on from there, unless its owner wrote something new
   * meanwhile. @returns false when nobody could be asked yet.
   */
  async #seek(): Promise<boolean> {
    const { own, holders, context } = this.#options
    const { crypto } = context()
    const addresses = [...new Set([...holders.pushNodes(), ...(await this.#closest(own.digest))])]
    const offers: Uint8Array[] = []
    const answers = await Promise.all(
      addresses.map((address) =>
        this.#ask(async (signal) => {
          await holders.get(address, [own.digest], (_digest, bytes) => offers.push(bytes), signal)
          return address
        }),
      ),
    )
    let found: ProfileRecord | undefined
    for (const bytes of offers) {
      const record = await verifyProfileRecord(crypto, bytes, validAt(bytes))
      if (record.ok && compareProfiles(found, record.value) === 'newer') found = record.value
    }
    if (found === undefined) {
      if (answers.every((answer) => answer === undefined)) return false
      await own.note({ isSought: true })
      return true
    }
    await this.#adopt(found, addresses)
    return true
  }

  async #adopt(found: ProfileRecord, addresses: readonly string[]): Promise<void> {
    const { own, holders, pictured } = this.#options
    const isNewer = compareProfiles(own.record, found) === 'newer'
    // What was made here before the first search ended may give way to what was published before: only then does an older
    // record count, and never the one that is held already, however often a holder gives it.
    const isFirst = !own.state.isSought && own.state.publishedAt === 0
    const isNews = !isFarewell(found) && (isNewer || (isFirst && compareProfiles(own.record, found) === 'older'))
    const mayAdopt = () => isNews && !own.state.isTouched
    if (!mayAdopt() && (!isNewer || own.words.name === '')) {
      await own.note({ isSought: true })
      return
    }
    const image = await this.#pictureOf(found, addresses, (address, cid, signal) => holders.fetch(address, cid, signal))
    if (image !== undefined) await pictured(image)
    const { handle, location, about, extra, isPublic } = found
    const avatar = image === undefined ? undefined : found.avatar
    // The owner may write something until it is our turn, and that counts.
    const words = () =>
      mayAdopt() ? { name: own.words.name || found.name, handle, location, about, extra, isPublic, avatar } : {}
    this.#isAdopting = true
    try {
      await own.change({ words, isTouch: false, state: { isSought: true }, after: found.sequence })
    } finally {
      this.#isAdopting = false
    }
  }

  async #pictureOf(
    { avatar }: ProfileRecord,
    addresses: readonly string[],
    fetch: (address: string, cid: Uint8Array, signal: AbortSignal) => Promise<Uint8Array | undefined>,
  ): Promise<Uint8Array | undefined> {
    if (avatar === undefined) return undefined
    for (const address of addresses) {
      const image = await this.#ask((signal) => fetch(address, avatar, signal))
      if (image !== undefined) return image
    }
    return undefined
  }
}

/** When a record is valid, if ever: of one of ours the signature counts, and not which of two clocks was right. PFX-2 */
function validAt(bytes: Uint8Array): number {
  const record = parseProfileRecord(bytes)
  return record.ok ? Math.max(record.value.changedAt, record.value.notAfter - PROFILE_LIFETIME_MS) : 0
}
