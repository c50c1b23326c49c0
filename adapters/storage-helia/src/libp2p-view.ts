/**
 * The libp2p node as our Helia sees it. Bitswap 4.0.19 notes for each connected peer what it sent to it or said it does
 * not have, and does not say it again on the same connection: whoever asks a second time (after a crash, or because the
 * block came meanwhile) waits for an answer that never comes. So before each incoming message bitswap is told that the
 * peer has gone, which clears these notes; what it is sending to that peer goes on.
 *
 * Whoever asks through a relay is answered on the same connection: libp2p would dial, and a reader has no address.
 *
 * Bitswap also keeps to itself that a question could not be sent; `onUnsent` tells.
 */
import type { Connection, Libp2p, PeerId, StreamHandler, StreamHandlerOptions, Topology } from '@libp2p/interface'
import { isPeerId } from '@libp2p/interface'

export function libp2pView(libp2p: Libp2p, onUnsent: (peer: PeerId) => void): Libp2p {
  const topologies = new Set<Topology>()
  const handle = (
    protocols: string | string[],
    handler: StreamHandler,
    options?: StreamHandlerOptions,
  ): Promise<void> => {
    const fresh: StreamHandler = (stream, connection) => {
      for (const topology of topologies) void topology.onDisconnect?.(connection.remotePeer)
      return handler(stream, connection)
    }
    return libp2p.handle(protocols, fresh, options)
  }
  const register = async (protocol: string, topology: Topology): Promise<string> => {
    const id = await libp2p.register(protocol, topology)
    topologies.add(topology)
    return id
  }
  const dialProtocol: Libp2p['dialProtocol'] = async (peer, protocols, options) => {
    try {
      const connection = isPeerId(peer) ? openConnection(libp2p, peer) : undefined
      return await (connection === undefined
        ? libp2p.dialProtocol(peer, protocols, options)
        : connection.newStream(protocols, options))
    } catch (error) {
      // a peer that does not speak bitswap has answered: it has nothing
      if (isPeerId(peer) && !isUnsupported(error)) onUnsent(peer)
      throw error
    }
  }
  const own: Readonly<Record<string | symbol, unknown>> = { handle, register, dialProtocol }
  return new Proxy(libp2p, {
    get(target, key) {
      if (Object.hasOwn(own, key)) return own[key]
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** A direct connection before one through a relay. */
function openConnection(libp2p: Libp2p, peer: PeerId): Connection | undefined {
  const open = libp2p.getConnections(peer).filter(({ status }) => status === 'open')
  return open.find(({ limits }) => limits === undefined) ?? open[0]
}

const isUnsupported = (error: unknown): boolean => error instanceof Error && error.name === 'UnsupportedProtocolError'
