/** Push nodes that the person chose, besides those of the configuration. Small and public facts, kept among the settings. */
import {
  decodeCbor,
  encodeCbor,
  INFRASTRUCTURE_PEERS_MAX,
  isList,
  isPushLink,
  isText,
  parsePeerId,
  parsePushLink,
  readInvite,
  type CborValue,
} from '@parley/core'
import { peerOfAddress, pushNodesAmong } from '../mailbox/places.ts'
import type { StorePort } from '../ports/store.ts'

export interface KeptPushNode {
  readonly peerId: string
  /** At least one. */
  readonly addresses: readonly string[]
  /** The contact whose it was. */
  readonly account?: string | undefined
}

const KEY = 'push-nodes'

/** At most INFRASTRUCTURE_PEERS_MAX, in the order in which they were added. */
export function keptPushNodes(store: StorePort): readonly KeptPushNode[] {
  const row = store.all('SELECT value FROM meta WHERE key = ?', [KEY])[0]
  const value = row?.['value'] instanceof Uint8Array ? decodeCbor(row['value']) : undefined
  return isList(value) ? value.flatMap((each) => read(each) ?? []).slice(0, INFRASTRUCTURE_PEERS_MAX) : []
}

function read(value: CborValue): KeptPushNode | undefined {
  if (!isList(value)) return undefined
  const [peerId, addresses, account] = value
  if (!isText(peerId) || !isList(addresses) || addresses.length === 0 || !addresses.every((each) => isText(each)))
    return undefined
  return { peerId, addresses, ...(isText(account) ? { account } : {}) }
}

/** Inside a transaction. */
export function savePushNodes(store: StorePort, nodes: readonly KeptPushNode[]): void {
  const value = nodes.map(({ peerId, addresses, account }) => [peerId, [...addresses], account ?? null])
  store.run('INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value', [
    KEY,
    encodeCbor(value),
  ])
}

/**
 * What a person types or pastes: a multiaddr that ends in `/p2p/` and a peer id, or the link of a push node. Whether an
 * address can be dialled, the network says.
 */
export function readPushNode(text: string): KeptPushNode | undefined {
  if (isPushLink(text)) {
    const link = parsePushLink(text)
    return link.ok ? link.value : undefined
  }
  const address = text.trim()
  const peerId = /^\/[!-~]+\/p2p\/(\w+)$/.exec(address)?.[1]
  if (peerId === undefined || parsePeerId(peerId) === undefined || address.includes('/p2p-circuit')) return undefined
  return { peerId, addresses: [address] }
}

/** Those through which the maker of an invite is reached. */
export function pushNodesOfInvite(link: string): readonly KeptPushNode[] {
  const invite = readInvite(link)
  if (!invite.ok) return []
  const addresses = pushNodesAmong(invite.value.devices.flatMap((device) => device.addresses))
  const peers = [...new Set(addresses.map(peerOfAddress))]
  return peers.map((peerId) => ({
    peerId,
    addresses: addresses.filter((address) => peerOfAddress(address) === peerId),
    account: invite.value.account,
  }))
}
