import type { DialBackAnswer } from '@parley/core'
import type { Reach } from './network.ts'

/**
 * Who may reach us, changed while the network runs; and what others say about it. Usable between the start and the stop
 * of the network.
 */
export interface ReachPort {
  /**
   * Opens and closes listeners, the search on the local network and the port mapping. Links that are open stay. Calls
   * are carried out one after the other.
   * @throws PortError `ADDRESS_IN_USE`: everything is as it was. Error when the reach was fixed at the start.
   */
  change(reach: Reach): Promise<void>
  /**
   * From now on these are kept connected, each by the addresses of one peer, besides those that the network was created
   * with; those that are not among them any more are let go. What is no address is left out.
   */
  usePushNodes(nodes: readonly (readonly string[])[]): void
  /** Connects to the peer of these addresses and looks at what it offers. Nothing is kept. Rejects when aborted only. */
  tryPushNode(addresses: readonly string[], signal: AbortSignal): Promise<PushNodeAnswer>
  /**
   * Asks a connected peer to dial us at the address that it sees, on the ports that we listen on. NET-12
   * @throws PortError `UNREACHABLE` when it cannot be asked; the abort reason.
   */
  askDialBack(peerId: string, signal: AbortSignal): Promise<DialBackAnswer>
  /**
   * An address at which we were reached, and that may be none that we know of ourselves: it is among our own until
   * `isTrue` is said to be false or the listeners change. NET-13
   */
  confirm(address: string, isTrue: boolean): void
  /** Whom to look for on the local network, and as whom to answer there; used from reach `network` on. NET-15 */
  seek(tags: LocalTags): void
}

export interface PushNodeAnswer {
  readonly isReachable: boolean
  /** Until it had proven its key. */
  readonly latencyMs?: number
  readonly offersRelay: boolean
  readonly offersMailbox: boolean
  /** In words, when it cannot be used. */
  readonly problem?: string
}

/** Each at most LOCAL_TAGS_MAX; of more the first are used. */
export interface LocalTags {
  /** Tags of others. */
  readonly sought: ReadonlySet<string>
  /** Own ones. */
  readonly own: ReadonlySet<string>
}
