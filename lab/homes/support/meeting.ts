/** Two people in homes of their own who reach each other through a push node first, and how long it stays so. */
import type { ResultOf } from '@parley/engine/api'
import type { Daemon } from '../../e2e/support/daemon.ts'
import { befriend } from '../../e2e/support/stage.ts'
import { until } from '../../e2e/support/until.ts'
import type { LabPushNode } from './machine.ts'
import type { HomeOptions, World } from './world.ts'

const MEET_MS = 40_000
const FLAGS: readonly string[] = ['--reach', 'anyone']

type Peer = ResultOf<'network.get'>['peers'][number]

export interface Meeting {
  readonly alice: Daemon
  readonly bob: Daemon
  readonly push: LabPushNode
  readonly conversation: string
}

/** They met by an invite link and may still be relayed. */
export async function meet(world: World, one: HomeOptions, other: HomeOptions): Promise<Meeting> {
  const push = await world.pushNode()
  const flags = { bootstrap: push.address, others: FLAGS }
  const [alice, bob] = await Promise.all([
    world.home(one).daemon({ name: 'Alice', ...flags }),
    world.home(other).daemon({ name: 'Bob', ...flags }),
  ])
  return { alice, bob, push, conversation: await befriend(alice, bob) }
}

/** How `daemon` sees the one whom it knows, when `wanted` holds. */
export function peerOf(daemon: Daemon, what: string, wanted: (peer: Peer) => boolean): Promise<Peer> {
  return until(
    `${daemon.name} has a link that is ${what}`,
    async () => (await daemon.api.call('network.get', {})).peers.find((peer) => wanted(peer)),
    MEET_MS,
  )
}

/** Milliseconds from the relayed link until both of them are linked directly. */
export async function untilDirect({ alice, bob }: Meeting): Promise<number> {
  const peers = await Promise.all(
    [alice, bob].map((daemon) => peerOf(daemon, 'direct', ({ path }) => path === 'direct')),
  )
  // the clock of the machine is that of the nodes
  return Date.now() - Math.min(...peers.map(({ connectedAt }) => connectedAt))
}
