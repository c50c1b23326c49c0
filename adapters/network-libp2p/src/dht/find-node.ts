/** One question of Kademlia: which servers are nearest to a key? https://github.com/libp2p/specs/tree/master/kad-dht */
import type { PeerId } from '@libp2p/interface'
import { peerIdFromMultihash } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'
import { ADDRESSES_PER_DEVICE_MAX } from '@parley/core'
import { decode as decodeMultihash } from 'multiformats/hashes/digest'
import { fieldsOf } from './protobuf.ts'

/** Twenty peers with sixteen addresses each, and room. */
export const FIND_NODE_ANSWER_BYTES_MAX = 65_536
/** What a server tells; of more, these. */
const PEERS_MAX = 20

const TYPE_FIELD = 1
const KEY_FIELD = 2
const CLOSER_FIELD = 8
const PEER_ID_FIELD = 1
const PEER_ADDRESS_FIELD = 2
const FIND_NODE = 4
const WIRE_BYTES = 2

export interface NearPeer {
  readonly id: PeerId
  readonly addresses: readonly Multiaddr[]
}

/** @param key at most 127 bytes. */
export function encodeFindNode(key: Uint8Array): Uint8Array {
  return Uint8Array.of(TYPE_FIELD << 3, FIND_NODE, (KEY_FIELD << 3) | WIRE_BYTES, key.length, ...key)
}

/** The peers in an answer, as far as they can be read; `undefined` for what is no answer. Any bytes. */
export function parseNearPeers(answer: Uint8Array): readonly NearPeer[] | undefined {
  const fields = fieldsOf(answer)
  if (fields === undefined) return undefined
  return fields
    .filter(({ field }) => field === CLOSER_FIELD)
    .slice(0, PEERS_MAX)
    .flatMap(({ bytes }) => (bytes === undefined ? [] : (parsePeer(bytes) ?? [])))
}

function parsePeer(message: Uint8Array): NearPeer | undefined {
  const fields = fieldsOf(message)
  const id = fields?.find(({ field }) => field === PEER_ID_FIELD)?.bytes
  if (fields === undefined || id === undefined) return undefined
  const addresses = fields
    .filter(({ field }) => field === PEER_ADDRESS_FIELD)
    .slice(0, ADDRESSES_PER_DEVICE_MAX)
    .flatMap(({ bytes }) => (bytes === undefined ? [] : (parseAddressBytes(bytes) ?? [])))
  try {
    return { id: peerIdFromMultihash(decodeMultihash(id)), addresses }
  } catch {
    return undefined
  }
}

function parseAddressBytes(bytes: Uint8Array): Multiaddr | undefined {
  try {
    return multiaddr(bytes)
  } catch {
    return undefined
  }
}
