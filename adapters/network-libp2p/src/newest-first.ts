/**
 * A device that comes back from another network connects again while its old connection, which no packet reaches any
 * more, still counts as open here for half a minute. The newer one is used at once, and the older asked. Spec: PUSH-30.
 */
import { randomBytes } from 'node:crypto'
import type { Connection } from '@libp2p/interface'
import { CHANGE_PATIENCE_MS } from '@parley/core'
import type { LogPort } from '@parley/engine'
import { after } from './deadline.ts'
import type { Host } from './host.ts'
import { createLiveness } from './liveness.ts'

/** Works until the host stops. */
export function preferNewest(host: Pick<Host, 'addEventListener' | 'getConnections'>, log: LogPort): void {
  const liveness = createLiveness({ randomBytes, after, log })
  host.addEventListener('connection:open', ({ detail: newest }) => {
    const connections = host.getConnections(newest.remotePeer)
    const older = connections.filter((connection) => connection !== newest)
    if (older.length === 0) return
    // libp2p's own list: its relay takes the first connection to whom a circuit goes.
    connections.sort(byAge)
    for (const connection of older) liveness.check(connection, CHANGE_PATIENCE_MS)
  })
}

const byAge = (one: Connection, other: Connection): number => other.timeline.open - one.timeline.open
