/** What gossipsub sees of our connections. */
import type { GossipSubComponents } from '@libp2p/gossipsub'
import type { Connection, PeerId, Stream } from '@libp2p/interface'

type Registrar = GossipSubComponents['registrar']

/** What waits for one peer may be this much; after that large messages to it are lost, and small ones wait too. */
const BACKLOG_BYTES_MAX = 524_288
/** Wake-ups and what gossipsub says itself are smaller. */
const LARGE_BYTES = 2_048

export interface Circle {
  /** Called once: tells gossipsub about a peer that is connected already and has just come into the circle. */
  onJoin(introduce: (peer: PeerId, connection: Connection) => Promise<void>): void
  /** Who may speak to us. */
  has(connection: Connection): boolean
  /** To whom we speak first; of the others, those who speak to us. */
  opens(peer: PeerId): Promise<boolean>
}

/**
 * Lets gossipsub see no peers but those in `circle`. A peer that reads too slowly loses messages:
 * gossipsub would let its stream break, and never make another one on this connection.
 */
export function within(circle: Circle, registrar: Registrar): Registrar {
  const topologies = new Set<Parameters<Registrar['register']>[1]>()
  circle.onJoin(async (peer, connection) => {
    for (const topology of topologies) await topology.onConnect?.(peer, lossy(connection))
  })
  return {
    getProtocols: () => registrar.getProtocols(),
    getHandler: (protocol) => registrar.getHandler(protocol),
    getTopologies: (protocol) => registrar.getTopologies(protocol),
    use: (protocol, middleware) => registrar.use(protocol, middleware),
    unuse: (protocol) => registrar.unuse(protocol),
    getMiddleware: (protocol) => registrar.getMiddleware(protocol),
    unhandle: (protocol, options) => registrar.unhandle(protocol, options),
    unregister: (id) => registrar.unregister(id),
    handle: (protocol, handler, options) =>
      registrar.handle(
        protocol,
        (stream, connection) => {
          // it answers with a stream of its own
          if (circle.has(connection)) return handler(stream, lossy(connection))
          stream.abort(new Error('not one of our push nodes'))
          return undefined
        },
        options,
      ),
    register: (protocol, topology, options) => {
      topologies.add(topology)
      return registrar.register(
        protocol,
        {
          ...topology,
          onConnect: async (peer, connection) => {
            if (circle.has(connection) && (await circle.opens(peer)))
              await topology.onConnect?.(peer, lossy(connection))
          },
        },
        options,
      )
    },
  }
}

/** `connection`, whose new streams drop what is too much; gossipsub hands over whole messages. */
function lossy(connection: Connection): Connection {
  const newStream: Connection['newStream'] = async (protocols, options) => {
    const stream: Stream = await connection.newStream(protocols, options)
    const send = stream.send.bind(stream)
    stream.send = (data) => {
      const isLarge = data.byteLength > LARGE_BYTES
      if (isLarge && stream.writeBufferLength + data.byteLength > BACKLOG_BYTES_MAX) return false
      return send(data)
    }
    return stream
  }
  return new Proxy(connection, {
    get(target, key) {
      if (key === 'newStream') return newStream
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
