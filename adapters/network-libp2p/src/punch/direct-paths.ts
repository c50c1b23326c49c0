/** Direct paths of one device: over whatever connection comes, and between routers where it is wanted. */
import type { PeerId } from '@libp2p/interface'
import type { Link, LogPort, RelayReason } from '@parley/engine'
import { parsePeerId } from '../addresses.ts'
import { after } from '../deadline.ts'
import type { Host } from '../host.ts'
import type { LinkTable } from '../link-table.ts'
import { DirectLinks } from './direct-links.ts'
import { PUNCH_PROTOCOL, Puncher } from './puncher.ts'

export interface PunchOptions {
  /** Whether it is wanted now; asked again at {@link DirectPaths.refresh}. Default: always. */
  readonly isWanted?: () => boolean
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
  /** Whether paths between routers are wanted may have changed. */
  refresh(): void
  /** `undefined` where nobody looks for paths. */
  reasons(): ReadonlyMap<string, RelayReason> | undefined
  stop(): void
}

export async function startDirectPaths(options: DirectPathsOptions): Promise<DirectPaths> {
  const { host, punch, pushNodes, log } = options
  const direct = new DirectLinks({ ...options, punchProtocol: PUNCH_PROTOCOL, after, now: () => performance.now() })
  const puncher =
    punch &&
    new Puncher(host, {
      ...punch,
      pushNodes,
      permitted: (peerId, signal) => direct.permitted(peerId, signal),
      onAnswered: (peerId, hasMet) => direct.answered(peerId, hasMet),
      log,
    })
  const refresh = async (): Promise<void> => {
    const isWanted = puncher !== undefined && (punch?.isWanted?.() ?? true)
    if (isWanted === (direct.puncher !== undefined)) return
    direct.puncher = isWanted ? puncher : undefined
    if (isWanted) await puncher.start()
    else await puncher?.pause()
    direct.networkChanged()
  }
  await refresh()
  return {
    permit: (peerId) => {
      const peer = parsePeerId(peerId)
      if (peer !== undefined) direct.permit(peer)
    },
    moved: (link) => direct.moved(link),
    networkChanged: () => direct.networkChanged(),
    refresh: () => {
      refresh().catch((error: unknown) => log.log('error', 'direct paths not switched', { error: String(error) }))
    },
    reasons: () => (direct.puncher === undefined ? undefined : direct.reasons()),
    stop: () => {
      direct.stop()
      puncher?.stop()
    },
  }
}
