/** With whom an envelope for a device can be left. Spec: OFF-3, OFF-4. */
import type { Context } from '../context.ts'
import { addressesOf } from '../store/devices.ts'

const CIRCUIT = '/p2p-circuit'

/** Push nodes through which the device said that it can be reached. */
export const pushNodesOf = ({ store }: Pick<Context, 'store'>, peerId: string): readonly string[] =>
  pushNodesAmong(addressesOf(store, peerId))

/** The push nodes through which these addresses lead. */
export const pushNodesAmong = (addresses: readonly string[]): readonly string[] => [
  ...new Set(
    addresses.flatMap((address) => {
      const end = address.indexOf(CIRCUIT)
      return end < 0 ? [] : [address.slice(0, end)]
    }),
  ),
]

/** The push nodes of the reader, where it looks first, then our own; each peer once. */
export function placesFor(context: Pick<Context, 'store' | 'sessions'>, peerId: string): readonly string[] {
  const own = context.sessions.mailbox.pushNodes()
  const byPeer = new Map<string, string>()
  // An address that we keep a connection to is known to work.
  for (const address of [...pushNodesOf(context, peerId), ...own]) byPeer.set(peerOfAddress(address), address)
  return [...byPeer.values()]
}

/** The peer at the end of a push node's address. */
export const peerOfAddress = (address: string): string => address.slice(address.lastIndexOf('/') + 1)

/** Copies that push nodes should hold, where there are as many. */
const COPIES_WANTED = 2

export const copiesWanted = (places: readonly string[]): number => Math.max(1, Math.min(COPIES_WANTED, places.length))
