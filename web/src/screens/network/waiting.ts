import type { Conversation, Network, Waiting } from '@parley/engine/api'
import { t } from '../../locales/index.ts'
import { isElsewhere } from '../../ui/message-status.ts'

/** A multiaddr, for people. */
export interface ReadableAddress {
  /** push.example, 192.0.2.7:4001; the peer's id when the address names no machine. */
  readonly host: string
  /** The last letters of the peer's id, which tell two of them on one machine apart. */
  readonly peerEnd: string | undefined
}

const HOST_LENGTH_MAX = 40
const PEER_LETTERS = 6

const shortened = (host: string): string => {
  const end = Math.floor(HOST_LENGTH_MAX / 2)
  return host.length <= HOST_LENGTH_MAX ? host : `${host.slice(0, end)}…${host.slice(-end)}`
}

/** The part of a multiaddr that people recognise. Any text has an answer: what is no multiaddr stays as it is, shortened. */
export const readableAddress = (address: string): ReadableAddress => {
  const parts = address.split('/')
  const after = (name: string): string | undefined => {
    const at = parts.indexOf(name)
    return at < 0 || parts[at + 1] === '' ? undefined : parts[at + 1]
  }
  const peer = parts.includes('p2p') ? parts[parts.lastIndexOf('p2p') + 1] : undefined
  const peerEnd = peer === undefined || peer === '' ? undefined : peer.slice(-PEER_LETTERS)
  const onion = after('onion3')?.split(':')[0]
  if (onion !== undefined) return { host: `${onion.slice(0, 8)}…${onion.slice(-8)}.onion`, peerEnd }
  const name = after('dns4') ?? after('dns6') ?? after('dns') ?? after('dnsaddr')
  const ip6 = after('ip6')
  const machine = name ?? after('ip4') ?? (ip6 === undefined ? undefined : `[${ip6}]`)
  if (machine === undefined) return { host: shortened(peer ?? address), peerEnd: undefined }
  const port = after('tcp') ?? after('udp')
  const isUsual = port === undefined || (name !== undefined && port === '443')
  return { host: shortened(isUsual ? machine : `${machine}:${port}`), peerEnd }
}

/** What waits for an account, if anything does. */
export const waitingFor = (network: Network | undefined, account: string): Waiting | undefined =>
  network?.waiting.find((each) => each.account === account)

/** Push nodes that hold something for them and proved it. */
export const provenHolders = (waiting: Waiting): Waiting['holders'] =>
  waiting.holders.filter((holder) => !holder.isLost && holder.envelopes > 0)

/**
 * How many envelopes nobody else has. Storage on this computer is this computer, and whoever does not prove what it
 * claims to hold does not count.
 */
export const onlyHereOf = (waiting: Waiting, storage: Network['storage']): number =>
  provenHolders(waiting).length === 0 && !isElsewhere(storage) ? waiting.envelopes : waiting.onlyHere

/** A moment is enough to leave something with a push node that is there. */
const UNTAKEN_AFTER_MS = 30_000

/** What becomes of what is written to somebody who is away; everything but `stored` waits here. */
export type Prospect = 'stored' | 'untaken' | 'unreachable' | 'none'

const peerOf = (address: string): string => address.slice(address.lastIndexOf('/') + 1)

/** `undefined`: they are connected, or nothing is known yet. What is so with what waits already counts first. */
export const prospectOf = (
  { account, isConnected }: Pick<Conversation, 'account' | 'isConnected'>,
  network: Network | undefined,
  now: number,
): Prospect | undefined => {
  if (isConnected || network === undefined) return undefined
  const { infrastructure, storage } = network
  const waiting = waitingFor(network, account)
  const isAway = (address: string) =>
    infrastructure.some((each) => !each.isConnected && peerOf(each.address) === peerOf(address))
  // A push node of theirs took what was written before: it takes the next as well.
  const isTaken = waiting?.onlyHere === 0 && provenHolders(waiting).some(({ address }) => !isAway(address))
  if (isTaken) return 'stored'
  if (!isElsewhere(storage) && !infrastructure.some((each) => each.isConnected)) {
    return infrastructure.length === 0 ? 'none' : 'unreachable'
  }
  const isUntaken = waiting !== undefined && onlyHereOf(waiting, storage) >= waiting.envelopes
  return isUntaken && now - waiting.since > UNTAKEN_AFTER_MS ? 'untaken' : 'stored'
}

/** Where a request is that has no answer yet. `undefined`: nothing is known to wait. */
export const requestPlaceOf = (
  network: Network | undefined,
  { account, name, lastHeardAt }: Pick<Conversation, 'account' | 'name' | 'lastHeardAt'>,
): string | undefined => {
  if (network === undefined) return undefined
  const waiting = waitingFor(network, account)
  // Whoever was met, on a link or by the keys that they left, has told a name.
  const isMet = name !== t.app.nameless || lastHeardAt !== undefined
  if (waiting === undefined) return isMet ? undefined : t.delivery.request.unmet
  const { storage } = network
  const held = provenHolders(waiting).length
  if (held > 0) return t.delivery.request.stored(held)
  const isStored = isElsewhere(storage) && onlyHereOf(waiting, storage) < waiting.envelopes
  return isStored ? t.delivery.request.inStorage(t.delivery.storage.places[storage]) : t.delivery.request.here
}
