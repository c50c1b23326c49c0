/** Direct paths of one device: over whatever connection comes, and between routers where it is wanted. */
import type { PeerId } from '@libp2p/interface'
import type { Link, LogPort, RelayReason } from '@parley/engine'
import { parsePeerId } from '../addresses.ts'
import { after } from '../deadline.ts'
import type { Host } from '../host.ts'
import type { LinkTable } from '../link-table.ts'
import { DirectLinks } from './direct-links.ts'
import { Puncher } from './puncher.ts'

export interface PunchOptions {
  /** Only this address of our own takes part, and others of this machine are taken: for tests. */
  readonly bindAddress?: string
}

export interface DirectPathsOptions {
  readonly host: Host
  readonly links: LinkTable
  readonly linkProtocol: string
  /** Absent: nobody looks for paths between routers. NET-20 */
  readonly punch: PunchOptions | undefined
  readonly pushNodes: () => readonly PeerId[]
  /** Why some link is relayed has changed. */
  readonly onChange: () => void
  readonly log: LogPort
}

export interface DirectPaths {
  permit(peerId: string): void
  moved(link: Link): void
  /** Our addresses changed, or the network that we are in. */
  networkChanged(): void
  /** `undefined` where nobody looks for paths. */
  reasons(): ReadonlyMap<string, RelayReason> | undefined
  stop(): void
}

export async function startDirectPaths(options: DirectPathsOptions): Promise<DirectPaths> {
  const { host, punch, pushNodes, log } = options
  const direct = new DirectLinks({ ...options, after, now: () => performance.now() })
  const puncher =
    punch &&
    new Puncher(host, {
      ...punch,
      pushNodes,
      permitted: (peerId, signal) => direct.permitted(peerId, signal),
      onAnswered: (peerId, hasMet) => direct.answered(peerId, hasMet),
      log,
    })
  direct.puncher = puncher
  await puncher?.start()
  return {
    permit: (peerId) => {
      const peer = parsePeerId(peerId)
      if (peer !== undefined) direct.permit(peer)
    },
    moved: (link) => direct.moved(link),
    networkChanged: () => direct.networkChanged(),
    reasons: () => (puncher === undefined ? undefined : direct.reasons()),
    stop: () => {
      direct.stop()
      puncher?.stop()
    },
  }
}
