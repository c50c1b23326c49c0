/** What a holder counts: requests and outcomes, never names. Spec: HLD-8. */
import type { MailboxRefusal, MailboxRequest, PointStatus } from '@parley/core'
import type { PortErrorCode } from '../ports/port-error.ts'

export type HolderRequestType = MailboxRequest['type'] | 'unknown'
/** `failed`: the store could not do it; the stream was ended. */
export type HolderOutcome = 'answered' | 'failed' | MailboxRefusal

export interface HolderFigures {
  readonly blocks: number
  readonly pointers: number
  /** Accounts whose profile is held, or whose last one is over but not forgotten. */
  readonly profiles: number
  /** Blocks, pointers and profiles, without what the database adds. */
  readonly bytes: number
  readonly bytesMax: number
  /** Since the start, those that occurred. */
  readonly requests: readonly {
    readonly type: HolderRequestType
    readonly outcome: HolderOutcome
    readonly count: number
  }[]
  /** Records of `point` by what became of them, since the start. */
  readonly records: Readonly<Record<PointStatus, number>>
  /** Profiles that were put by what became of them, since the start. */
  readonly profilePuts: Readonly<Record<PointStatus, number>>
  /** Blocks, pointers and profiles whose time was over, since the start. */
  readonly collected: number
  /** Why the store failed, until a large write was tried and worked: see `probe`, which the timer calls too. */
  readonly storeFailure: PortErrorCode | undefined
}

export class Counters {
  readonly #requests = new Map<string, { type: HolderRequestType; outcome: HolderOutcome; count: number }>()
  readonly records: Record<PointStatus, number> = { kept: 0, older: 0, refused: 0, full: 0 }
  readonly profilePuts: Record<PointStatus, number> = { kept: 0, older: 0, refused: 0, full: 0 }
  collected = 0
  #storeFailure: PortErrorCode | undefined

  get storeFailure(): PortErrorCode | undefined {
    return this.#storeFailure
  }

  failed(code: PortErrorCode): void {
    this.#storeFailure = code
  }

  /** A large write is on the disk. A damaged database stays damaged. */
  worked(): void {
    if (this.#storeFailure !== 'STORE_CORRUPT') this.#storeFailure = undefined
  }

  count(type: HolderRequestType, outcome: HolderOutcome): void {
    const key = `${type} ${outcome}`
    const known = this.#requests.get(key) ?? { type, outcome, count: 0 }
    known.count += 1
    this.#requests.set(key, known)
  }

  requests(): HolderFigures['requests'] {
    return [...this.#requests.values()].map((counted) => ({ ...counted }))
  }
}
