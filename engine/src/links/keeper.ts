/**
 * Reaches for the devices that we want to talk to and keeps reaching: exponential backoff with jitter, for ever while
 * there is something to say or somebody to hear. Spec: DLV-10.
 */
import { TOR_CONNECT_TIMEOUT_MS } from '@parley/core'
import type { Context } from '../context.ts'
import type { Cancel } from '../ports/clock.ts'
import type { NetworkPort } from '../ports/network.ts'
import { addressesOf, isWanted, wantedPeers } from '../store/devices.ts'

export const DIAL_DELAY_MIN_MS = 500
export const DIAL_DELAY_MAX_MS = 60_000
const DIAL_TIMEOUT_MS = 20_000
/** Contacts whose devices are kept connected at the same time. */
const KEPT_PEERS_MAX = 100
/** Devices of which somebody said where they are on the local network, and places of one. */
const FOUND_PEERS_MAX = 100
const FOUND_ADDRESSES_MAX = 2

interface Attempt {
  failures: number
  /** The dial that runs was begun in another network: once it ended there is another at once. */
  isStale: boolean
  /** Ends the dial that runs. */
  abort: Cancel | undefined
  /** Ends the pause until the next dial. */
  cancel: Cancel | undefined
}

export class Keeper {
  readonly #context: () => Context
  readonly #network: NetworkPort
  readonly #isConnected: (peerId: string) => boolean
  readonly #attempts = new Map<string, Attempt>()
  /** Where somebody on the local network says that a device is. */
  readonly #foundByPeer = new Map<string, readonly string[]>()
  #isStopped = false

  constructor(context: () => Context, network: NetworkPort, isConnected: (peerId: string) => boolean) {
    this.#context = context
    this.#network = network
    this.#isConnected = isConnected
  }

  keepAll(): void {
    for (const peerId of wantedPeers(this.#context().store, KEPT_PEERS_MAX)) this.keep(peerId)
  }

  /** Dials now unless a dial or its pause is already running. */
  keep(peerId: string): void {
    if (this.#isStopped || this.#isConnected(peerId) || this.#attempts.has(peerId)) return
    this.#attempts.set(peerId, { failures: 0, isStale: false, abort: undefined, cancel: undefined })
    this.#dial(peerId)
  }

  connected(peerId: string): void {
    const attempt = this.#attempts.get(peerId)
    this.#attempts.delete(peerId)
    this.#foundByPeer.delete(peerId)
    attempt?.cancel?.()
    attempt?.abort?.()
  }

  /** Dials now, at this address too: a dial that runs goes on, and the next one knows it. */
  found(peerId: string, address: string): void {
    const { store } = this.#context()
    if (this.#isStopped || this.#isConnected(peerId) || !isWanted(store, peerId)) return
    const known = this.#foundByPeer.get(peerId) ?? []
    if (this.#foundByPeer.size >= FOUND_PEERS_MAX && known.length === 0) return
    this.#foundByPeer.set(peerId, [...new Set([address, ...known])].slice(0, FOUND_ADDRESSES_MAX))
    const attempt = this.#attempts.get(peerId)
    if (attempt === undefined) return this.keep(peerId)
    if (attempt.cancel === undefined) return
    attempt.cancel()
    attempt.cancel = undefined
    this.#dial(peerId)
  }

  /** A link came but its other end did not prove who it is, or did not want us: not sooner than the backoff says. */
  refused(peerId: string): void {
    const attempt = this.#attempts.get(peerId)
    if (attempt !== undefined && attempt.cancel === undefined && attempt.abort === undefined)
      this.#pause(peerId, attempt)
  }

  /** Every dial begins anew, now, and short delays follow. DLV-30 */
  networkChanged(): void {
    for (const [peerId, attempt] of this.#attempts) {
      attempt.failures = 0
      if (attempt.abort !== undefined) {
        attempt.isStale = true
        attempt.abort()
      } else if (attempt.cancel !== undefined) {
        attempt.cancel()
        attempt.cancel = undefined
        this.#dial(peerId)
      }
    }
  }

  stop(): void {
    this.#isStopped = true
    for (const { abort, cancel } of this.#attempts.values()) {
      cancel?.()
      abort?.()
    }
    this.#attempts.clear()
  }

  #dial(peerId: string): void {
    const attempt = this.#attempts.get(peerId)
    const { store, log, clock } = this.#context()
    if (attempt === undefined || attempt.abort !== undefined) return
    if (!isWanted(store, peerId)) {
      this.#attempts.delete(peerId)
      return
    }
    attempt.isStale = false
    const aborter = new AbortController()
    const isOverTor = this.#network.status().transport === 'tor'
    const cancelTimeout = clock.after(isOverTor ? TOR_CONNECT_TIMEOUT_MS : DIAL_TIMEOUT_MS, () => aborter.abort())
    attempt.abort = () => {
      cancelTimeout()
      aborter.abort()
    }
    this.#network
      .connect(peerId, [...(this.#foundByPeer.get(peerId) ?? []), ...addressesOf(store, peerId)], aborter.signal)
      .catch((error: unknown) =>
        log.log('debug', 'device not reached', { peer: peerId.slice(-6), error: String(error) }),
      )
      .finally(() => {
        cancelTimeout()
        attempt.abort = undefined
        const isCurrent = this.#attempts.get(peerId) === attempt && !this.#isStopped
        if (!isCurrent || this.#isConnected(peerId)) return
        if (attempt.isStale) this.#dial(peerId)
        else this.#pause(peerId, attempt)
      })
  }

  #pause(peerId: string, attempt: Attempt): void {
    const { clock, random } = this.#context()
    const ceiling = Math.min(DIAL_DELAY_MAX_MS, DIAL_DELAY_MIN_MS * 2 ** Math.min(attempt.failures, 10))
    const jitter = ((random(1)[0] ?? 0) / 255) * (ceiling / 2)
    attempt.failures++
    attempt.cancel?.()
    attempt.cancel = clock.after(ceiling / 2 + jitter, () => {
      attempt.cancel = undefined
      if (this.#isConnected(peerId)) this.#attempts.delete(peerId)
      else this.#dial(peerId)
    })
  }
}
