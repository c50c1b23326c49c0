/**
 * The node that holds blocks, pointers and profiles for others: what it says to each request, what it forgets and when. Its only
 * output is the store. Spec: HLD-1…HLD-14.
 */
import {
  assert,
  type CryptoPort,
  decodeRequest,
  encodeResponse,
  ENVELOPE_BYTES_MAX,
  HOLDER_BYTES_MAX,
  HOLDER_BYTES_PER_PEER_MAX,
  HOLDER_COLLECT_INTERVAL_MS,
  HOLDER_COLLECT_PAUSE_MS,
  HOLDER_COLLECT_SLICE,
  HOLDER_POINTERS_MAX,
  HOLDER_POINTERS_PER_PEER_MAX,
  HOLDER_PROFILES_MAX,
  HOLDER_PROFILES_PER_PEER_MAX,
  isUnknownRequest,
  parseProfileRecord,
  profileTopic,
  type MailboxRefusal,
  WORK_BITS,
  WORK_BITS_MAX,
  zero,
} from '@parley/core'
import type { Cancel, ClockPort } from '../ports/clock.ts'
import type { LogPort } from '../ports/log.ts'
import type { MailboxServer } from '../ports/mailbox.ts'
import { PortError } from '../ports/port-error.ts'
import type { StorePort } from '../ports/store.ts'
import type { HolderQuota } from './accounts.ts'
import { Allowances, bytesCost, itemsCost } from './allowance.ts'
import { Answers } from './answers.ts'
import type { HolderFigures, HolderRequestType } from './figures.ts'
import { type Held, openHeld } from './held.ts'
import { checkPut } from './profiles.ts'

export interface HolderLimits extends HolderQuota {
  /** Leading zero bits of a worked record, up to WORK_BITS_MAX. */
  readonly workBits: number
}

export interface HolderOptions {
  /** For this holder alone, or with other tables; it stays the caller's to close, after {@link Holder.stop}. */
  readonly store: StorePort
  readonly clock: ClockPort
  readonly crypto: Pick<CryptoPort, 'ed25519Sign' | 'ed25519Verify'>
  /** Ed25519 seed of the node's peer id, 32 bytes; copied, and zeroed by {@link Holder.stop}. */
  readonly seed: Uint8Array
  /** False: a DHT server that holds pointers and profile records only. HLD-9 */
  readonly isPushNode: boolean
  /** By default those of `core/src/base/limits.ts`. */
  readonly limits?: Partial<HolderLimits>
  /**
   * Lets more requests be heard before what they write is written in one transaction; Node: `setImmediate`. Absent where
   * everything runs on a virtual clock.
   */
  readonly breathe?: () => Promise<void>
  readonly log: LogPort
}

export interface Holder {
  /** Every request has an answer; `undefined` only when the store fails. The request is borrowed until then. */
  readonly serve: MailboxServer
  figures(): HolderFigures
  /**
   * Whether a profile record that anybody pushed on `topic` may be passed on: of that topic, public, signed, valid now, and not older than what is held.
   * @throws (rejects) PortError of the store. HLD-14
   */
  checkProfile(topic: number, record: Uint8Array): Promise<boolean>
  /**
   * Forgets one slice of what is over; true when there may be more. A timer calls it. Never throws: a store that fails is
   * logged and in {@link figures}.
   */
  collect(): Promise<boolean>
  /** Tries to write: why the store fails, `undefined` when it works. After a failure it has to take a large block. */
  probe(): PortError['code'] | undefined
  /** Writes what was promised, answers nothing any more. Idempotent. */
  stop(): void
}

/**
 * Opens what is held and begins to answer.
 * @throws PortError of the store; Error when a newer version of Parley wrote it.
 */
export const createHolder = (options: HolderOptions): Holder => new StoreHolder(options)

const DEFAULTS: HolderLimits = {
  bytesMax: HOLDER_BYTES_MAX,
  pointersMax: HOLDER_POINTERS_MAX,
  bytesPerPeerMax: HOLDER_BYTES_PER_PEER_MAX,
  pointersPerPeerMax: HOLDER_POINTERS_PER_PEER_MAX,
  profilesMax: HOLDER_PROFILES_MAX,
  profilesPerPeerMax: HOLDER_PROFILES_PER_PEER_MAX,
  workBits: WORK_BITS,
}

class StoreHolder implements Holder {
  readonly #options: HolderOptions
  readonly #limits: HolderLimits
  readonly #seed: Uint8Array
  readonly #held: Held
  readonly #answers: Answers
  readonly #allowances = new Allowances()
  #cancelTimer: Cancel = () => undefined
  #isStopped = false

  constructor(options: HolderOptions) {
    this.#options = options
    this.#limits = { ...DEFAULTS, ...options.limits }
    assert(this.#limits.workBits <= WORK_BITS_MAX, 'nobody can be asked for more work than WORK_BITS_MAX')
    this.#seed = options.seed.slice()
    this.#held = openHeld(options.store, this.#limits, options.breathe)
    const { crypto, isPushNode, breathe } = options
    const { workBits, bytesMax } = this.#limits
    this.#answers = new Answers({ held: this.#held, crypto, seed: this.#seed, isPushNode, workBits, bytesMax, breathe })
    this.#collectIn(HOLDER_COLLECT_PAUSE_MS)
  }

  readonly serve: MailboxServer = async (from, bytes) => {
    if (this.#isStopped) return undefined
    const now = this.#options.clock.now()
    if (!this.#allowances.take(from, 1 + bytesCost(bytes.length), now)) return this.#refuse('unknown', 'too-many')
    const request = decodeRequest(bytes)
    if (request === undefined) return this.#refuse('unknown', isUnknownRequest(bytes) ? 'unsupported' : 'malformed')
    const { type } = request
    if (!this.#allowances.take(from, itemsCost(request), now)) return this.#refuse(type, 'too-many')
    try {
      const response = await this.#answers.answer(from, request, now)
      this.#held.counters.count(type, response.type === 'refused' ? response.reason : 'answered')
      const answer = encodeResponse(response)
      this.#allowances.charge(from, bytesCost(answer.length), now)
      return answer
    } catch (error) {
      return this.#failed(type, error)
    }
  }

  async checkProfile(topic: number, record: Uint8Array): Promise<boolean> {
    const parsed = parseProfileRecord(record)
    if (!parsed.ok || profileTopic(parsed.value.digest) !== topic) return false
    const { clock, crypto } = this.#options
    const profile = await checkPut(crypto, record, undefined, clock.now())
    return !this.#isStopped && profile !== undefined && !this.#held.profiles.isReplaced(profile)
  }

  #refuse(type: HolderRequestType, reason: MailboxRefusal): Uint8Array {
    this.#held.counters.count(type, reason)
    return encodeResponse({ type: 'refused', reason })
  }

  /** A full disk is a full holder; with any other failure there is nothing to say. */
  #failed(type: HolderRequestType, error: unknown): Uint8Array | undefined {
    const code = this.#noteFailure(error)
    if (code === 'STORE_FULL') return this.#refuse(type, 'full')
    this.#held.counters.count(type, 'failed')
    return undefined
  }

  #noteFailure(error: unknown): PortError['code'] {
    const code = error instanceof PortError ? error.code : 'STORE_FAILED'
    // Once for each kind: a full disk fails every request.
    if (!this.#isStopped && this.#held.counters.storeFailure !== code) {
      this.#held.counters.failed(code)
      const reason = error instanceof Error ? error.message : String(error)
      this.#options.log.log('error', 'the store of held blocks failed', { code, reason })
    }
    return code
  }

  async collect(): Promise<boolean> {
    if (this.#isStopped) return false
    const { blocks, pointers, profiles, writer, counters } = this.#held
    const now = this.#options.clock.now()
    try {
      if (counters.storeFailure !== undefined) this.probe()
      const counts = await writer.write(() => [
        blocks.collect(now, HOLDER_COLLECT_SLICE),
        pointers.collect(now, HOLDER_COLLECT_SLICE),
        profiles.collect(now, HOLDER_COLLECT_SLICE),
      ])
      counters.collected += counts.reduce((total, count) => total + count, 0)
      return Math.max(...counts) === HOLDER_COLLECT_SLICE
    } catch (error) {
      this.#noteFailure(error)
      return false
    }
  }

  #collectIn(delayMs: number): void {
    if (this.#isStopped) return
    this.#cancelTimer = this.#options.clock.after(delayMs, () => {
      void this.collect().then((isMore) =>
        this.#collectIn(isMore ? HOLDER_COLLECT_PAUSE_MS : HOLDER_COLLECT_INTERVAL_MS),
      )
    })
  }

  probe(): PortError['code'] | undefined {
    const { store } = this.#options
    const { counters } = this.#held
    if (this.#isStopped) return counters.storeFailure
    try {
      // After a failure a small write may well work while there is no room for an envelope: then it has to be a large one.
      const bytes = counters.storeFailure === undefined ? 0 : ENVELOPE_BYTES_MAX
      store.run('INSERT INTO held_probe (bytes) VALUES (zeroblob(?))', [bytes])
      store.run('DELETE FROM held_probe')
      counters.worked()
    } catch (error) {
      this.#noteFailure(error)
    }
    return counters.storeFailure
  }

  figures(): HolderFigures {
    const { accounts, blocks, counters } = this.#held
    return {
      blocks: blocks.count,
      pointers: accounts.pointers,
      profiles: accounts.profiles,
      bytes: accounts.bytes,
      bytesMax: this.#limits.bytesMax,
      requests: counters.requests(),
      records: { ...counters.records },
      profilePuts: { ...counters.profilePuts },
      collected: counters.collected,
      storeFailure: counters.storeFailure,
    }
  }

  stop(): void {
    if (this.#isStopped) return
    this.#held.writer.stop()
    this.#isStopped = true
    this.#cancelTimer()
    zero(this.#seed)
  }
}
