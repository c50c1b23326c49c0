import type { PeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { CODE_P2P, CODE_P2P_CIRCUIT, multiaddr } from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'
import { ADDRESS_LENGTH_MAX } from '@parley/core'

/** @returns `undefined` when `text` is not a multiaddr of at most ADDRESS_LENGTH_MAX letters that says where to go. */
export function parseAddress(text: string): Multiaddr | undefined {
  if (text.length > ADDRESS_LENGTH_MAX) return undefined
  try {
    const address = multiaddr(text)
    const [first] = address.getComponents()
    return first === undefined || first.code === CODE_P2P ? undefined : address
  } catch {
    return undefined
  }
}

/** True for a multiaddr that says where to go, as a listen, announce or bootstrap address must. */
export const isAddress = (text: string): boolean => parseAddress(text) !== undefined

/** @returns `undefined` when `text` is not a peer id. */
export function parsePeerId(text: string): PeerId | undefined {
  try {
    return peerIdFromString(text)
  } catch {
    return undefined
  }
}

/** The peer at the end of the address: behind the relay, when it goes through one. */
export function addressPeer(address: Multiaddr): string | undefined {
  const components = address.getComponents()
  const last = components.findLastIndex(({ code }) => code === CODE_P2P)
  const circuit = components.findLastIndex(({ code }) => code === CODE_P2P_CIRCUIT)
  return last > circuit ? components[last]?.value : undefined
}

/**
 * The addresses that may lead to `peer`, each ending in its id, without duplicates. One that names another peer is
 * left out: whoever answers there proves another identity.
 */
export function addressesOf(peer: PeerId, addresses: readonly Multiaddr[]): Multiaddr[] {
  const byText = new Map<string, Multiaddr>()
  for (const address of addresses) {
    const named = addressPeer(address)
    if (named !== undefined && named !== peer.toString()) continue
    const full = named === undefined ? address.encapsulate(`/p2p/${peer.toString()}`) : address
    byText.set(full.toString(), full)
  }
  return [...byText.values()]
}
