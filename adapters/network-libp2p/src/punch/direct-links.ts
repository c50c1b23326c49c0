/**
 * Gets links off the relays: over a direct connection as soon as there is one, and by trying for one where the other
 * end may know where we are. Spec: LINK-10, NET-20, NET-24.
 */
import type { Connection, Peer, PeerId, Stream } from '@libp2p/interface'
import { LINK_OPEN_TIMEOUT_MS } from '@parley/core'
import type { Cancel, Link, LogPort, RelayReason } from '@parley/engine'
import { withDeadline } from '../deadline.ts'
import { openConnection } from '../dialer.ts'
import type { Host } from '../host.ts'
import type { LinkTable } from '../link-table.ts'
import { isVersionMismatch } from '../protocol-mismatch.ts'
import { NEVER_TRIED, failed, lost, retryAfter, retryWithReasonAfter, succeeded } from './policy.ts'
import type { PunchState } from './policy.ts'

/** Tries that run at the same time; more wait for their turn. */
export const PUNCHES_AT_ONCE_MAX = 4
/** The relayed connection stays this long after its link has left it: a path that fails early costs nothing then. */
export const RELAY_STANDBY_MS = 30_000

export interface DirectLinksOptions {
  readonly host: Host
  readonly links: LinkTable
  readonly linkProtocol: string
  readonly punchProtocol: string
  readonly after: (delayMs: number, fire: () => void) => Cancel
  /** Milliseconds that only grow. */
  readonly now: () => number
  /** Why some link is relayed has changed. */
  onChange(): void
  readonly log: LogPort
}

interface Kept {
  readonly peer: PeerId
  state: PunchState
  reason: RelayReason
  isTrying: boolean
  cancel: Cancel
}

export class DirectLinks {
  /** Tries once for a direct connection. Absent: nobody tries. */
  puncher: { punch(relayed: Connection): Promise<void> } | undefined
  readonly #options: DirectLinksOptions
  readonly #permitted = new Map<string, Kept>()
  readonly #waiting = new Map<string, Set<() => void>>()
  readonly #standbys = new Set<Cancel>()
  #running = 0
  #isStopped = false

  constructor(options: DirectLinksOptions) {
    this.#options = options
    const { host } = options
    host.addEventListener('connection:open', ({ detail: connection }) => this.#onConnection(connection))
    host.addEventListener('connection:close', ({ detail: connection }) => this.#onClosed(connection))
    host.addEventListener('peer:update', ({ detail: { peer } }) => this.#onOffer(peer))
    let addresses = this.#ownAddresses()
    host.addEventListener('self:peer:update', () => {
      const before = addresses
      addresses = this.#ownAddresses()
      if (addresses !== before) this.networkChanged()
    })
  }

  /** The other end of the link to `peerId` may learn our addresses from now on. */
  permit(peer: PeerId): void {
    const peerId = peer.toString()
    const kept = this.#permitted.get(peerId) ?? {
      ...{ peer, state: NEVER_TRIED, reason: 'untried' as const, isTrying: false },
      cancel: () => undefined,
    }
    this.#permitted.set(peerId, kept)
    for (const resolve of this.#waiting.get(peerId) ?? []) resolve()
    this.#waiting.delete(peerId)
    const direct = openConnection(this.#options.host, peer)
    if (direct?.direct === true) this.#onConnection(direct)
    else this.#plan(kept, retryWithReasonAfter(kept.state, this.#options.now()))
  }

  /** Resolves when `peerId` may learn our addresses. */
  async permitted(peerId: string, signal: AbortSignal): Promise<void> {
    if (this.#permitted.has(peerId)) return
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiting = this.#waiting.get(peerId) ?? new Set()
    this.#waiting.set(peerId, waiting.add(resolve))
    signal.addEventListener('abort', () => reject(new Error('the peer may not learn our addresses')), { once: true })
    try {
      await promise
    } finally {
      waiting.delete(resolve)
      if (waiting.size === 0 && this.#waiting.get(peerId) === waiting) this.#waiting.delete(peerId)
    }
  }

  /** Our addresses changed: what failed before may work now. */
  networkChanged(): void {
    for (const kept of this.#permitted.values()) {
      this.#plan(kept, retryWithReasonAfter(kept.state, this.#options.now()))
    }
  }

  /** A try that the other end began is over. */
  answered(peerId: string, hasMet: boolean): void {
    const kept = this.#permitted.get(peerId)
    if (kept !== undefined) this.#setReason(kept, hasMet ? 'untried' : 'no-path')
  }

  /** Why links of peers are relayed, as far as they are. */
  reasons(): ReadonlyMap<string, RelayReason> {
    return new Map([...this.#permitted].map(([peerId, { reason }]) => [peerId, reason]))
  }

  stop(): void {
    this.#isStopped = true
    for (const { cancel } of this.#permitted.values()) cancel()
    for (const cancel of this.#standbys) cancel()
  }

  #onConnection(connection: Connection): void {
    const { links, log, now } = this.#options
    if (!connection.direct || this.#isStopped) return
    const kept = this.#permitted.get(connection.remotePeer.toString())
    if (kept !== undefined) kept.state = succeeded(kept.state, now())
    if (links.movable(connection.remotePeer.toString())?.isRelayed !== true) return
    links
      .move(() => this.#openStream(connection), connection)
      .catch((error: unknown) => {
        log.log('debug', 'link not moved', { error: String(error) })
      })
  }

  /** Call when a link is whole on another connection. */
  moved(link: Link): void {
    if (link.isRelayed || this.#isStopped) return
    const { host, after } = this.#options
    const cancel = after(RELAY_STANDBY_MS, () => {
      this.#standbys.delete(cancel)
      const connections = host.getConnections().filter(({ remotePeer }) => remotePeer.toString() === link.peerId)
      if (link.isRelayed || !connections.some(({ direct }) => direct)) return
      for (const relayed of connections.filter(({ direct }) => !direct)) {
        relayed.close().catch((error: unknown) => relayed.abort(toError(error)))
      }
    })
    this.#standbys.add(cancel)
  }

  /** Somebody who did not look for direct paths does so now. */
  #onOffer({ id, protocols }: Peer): void {
    const kept = this.#permitted.get(id.toString())
    if (kept?.reason !== 'not-offered' || !protocols.includes(this.#options.punchProtocol)) return
    kept.state = NEVER_TRIED
    kept.reason = 'untried'
    this.#plan(kept, 0)
  }

  #onClosed({ direct, remotePeer }: Connection): void {
    const kept = this.#permitted.get(remotePeer.toString())
    if (direct && kept !== undefined) kept.state = lost(kept.state, this.#options.now())
  }

  /** Those through relays come and go with the relays, which says nothing about routers. */
  #ownAddresses(): string {
    const addresses = this.#options.host.getMultiaddrs().map(String)
    return addresses
      .filter((address) => !address.includes('/p2p-circuit'))
      .toSorted()
      .join(' ')
  }

  #openStream(connection: Connection): Promise<Stream> {
    return withDeadline(new AbortController().signal, LINK_OPEN_TIMEOUT_MS, (signal) =>
      connection.newStream(this.#options.linkProtocol, { signal }),
    )
  }

  #plan(kept: Kept, delayMs: number): void {
    if (kept.isTrying || this.#isStopped) return
    kept.cancel()
    kept.cancel = this.#options.after(delayMs, () => void this.#try(kept))
  }

  async #try(kept: Kept): Promise<void> {
    const { host, links, now, log } = this.#options
    const { puncher } = this
    const relayed = openConnection(host, kept.peer)
    const isWanted = links.movable(kept.peer.toString())?.isRelayed === true
    if (puncher === undefined || !isWanted || relayed === undefined || relayed.direct) return
    if (this.#running >= PUNCHES_AT_ONCE_MAX) return this.#plan(kept, PUNCH_TURN_MS)
    kept.isTrying = true
    this.#running += 1
    // what was found out stays said until something else is
    if (kept.reason === 'untried') this.#setReason(kept, 'trying')
    const failure = await puncher.punch(relayed).then(() => undefined, toError)
    kept.isTrying = false
    this.#running -= 1
    if (this.#isStopped) return
    if (failure === undefined) return this.#setReason(kept, 'untried')
    log.log('debug', 'no direct path', { error: failure.message })
    kept.state = failed(kept.state, now())
    this.#setReason(kept, isVersionMismatch(failure) ? 'not-offered' : 'no-path')
    const delayMs = retryAfter(kept.state, now())
    if (delayMs !== undefined) this.#plan(kept, delayMs)
  }

  #setReason(kept: Kept, reason: RelayReason): void {
    kept.reason = reason
    this.#options.onChange()
  }
}

/** While others try, a peer waits this long for its turn. */
const PUNCH_TURN_MS = 1_000

const toError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))
