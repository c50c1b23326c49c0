/** Looks at a push node without keeping it. */
import type { Connection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { CONNECT_TIMEOUT_MS, LINK_CLOSE_TIMEOUT_MS } from '@parley/core'
import type { PushNodeAnswer } from '@parley/engine'
import { waitUnlessAborted, withDeadline } from '../deadline.ts'
import type { Host } from '../host.ts'
import { pushNodeOf } from '../infrastructure.ts'
import type { Infrastructure } from '../infrastructure.ts'
import { MAILBOX_PROTOCOL } from '../mailbox/messages.ts'
import { offersRelay } from '../relay-reservations.ts'

const NOTHING = { isReachable: false, offersRelay: false, offersMailbox: false } as const

/** Connects anew, hears what the peer offers, and leaves again. Rejects when aborted. */
export async function tryPushNode(
  host: Host,
  identified: Infrastructure['identified'],
  addresses: readonly string[],
  signal: AbortSignal,
): Promise<PushNodeAnswer> {
  const pushNode = pushNodeOf(addresses)
  if (pushNode === undefined) return { ...NOTHING, problem: 'This is no address of a push node.' }
  if (pushNode.peer.equals(host.peerId)) return { ...NOTHING, problem: 'This is this node itself.' }
  const startedMs = performance.now()
  try {
    return await withDeadline(signal, CONNECT_TIMEOUT_MS, async (within) => {
      // Not by what is open or known: these very addresses are tried.
      const attempts = addresses.map((address) => host.services.dials.dial(multiaddr(address), within))
      const connection = await Promise.any(attempts)
      const leave = (other: Connection): void => {
        if (other !== connection) other.abort(new Error('another address was faster'))
      }
      for (const attempt of attempts) attempt.then(leave, () => undefined)
      try {
        const protocols = await identified(connection, within)
        const relay = offersRelay(protocols)
        const mailbox = protocols.includes(MAILBOX_PROTOCOL)
        return {
          isReachable: true,
          latencyMs: Math.round(performance.now() - startedMs),
          offersRelay: relay,
          offersMailbox: mailbox,
          ...(relay || mailbox ? {} : { problem: 'Somebody answers there, but it is no push node.' }),
        }
      } finally {
        // A stream that something of ours opens at this moment would keep a polite end waiting for ever.
        withDeadline(signal, LINK_CLOSE_TIMEOUT_MS, (closing) =>
          waitUnlessAborted(connection.close({ signal: closing }), closing),
        ).catch(() => connection.abort(new Error('only tried')))
      }
    })
  } catch {
    signal.throwIfAborted()
    return { ...NOTHING, problem: 'Nobody with this key answers there.' }
  }
}
