/**
 * The only transport of a node behind Tor: it dials through the proxy and through nothing else, and listens on
 * loopback, where Tor hands over what comes to the onion service. Spec: TOR-1, TOR-3, TOR-5.
 */
import { createHmac } from 'node:crypto'
import { serviceCapabilities, transportSymbol } from '@libp2p/interface'
import type { ComponentLogger, Connection, CreateListenerOptions, DialTransportOptions } from '@libp2p/interface'
import type { Listener, Logger, Metrics, Transport } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { CODE_TCP } from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'
import { addressPeer } from '../addresses.ts'
import type { Endpoint } from './endpoint.ts'
import type { SocksLogin } from './socks-codec.ts'
import { SocksConnection } from './socks-connection.ts'
import { connectThroughProxy } from './socks-socket.ts'
import { socksTarget } from './target.ts'

export interface SocksTransportOptions {
  readonly proxy: Endpoint
  /** 32 random bytes of this process: no login of ours says anything about a peer, or is used again by another start. */
  readonly salt: Uint8Array
  /** Told on which port of 127.0.0.1 it listens. */
  readonly onListening?: (port: number) => void
}

interface Components {
  readonly logger: ComponentLogger
  readonly metrics?: Metrics
}

/** Where Tor hands connections over; a port of the system's choice. */
export const TOR_LISTEN_ADDRESS = '/ip4/127.0.0.1/tcp/0'

export const socksTransport =
  (options: SocksTransportOptions) =>
  (components: Components): Transport =>
    new SocksTransport(options, components)

class SocksTransport implements Transport {
  readonly [transportSymbol] = true
  readonly [Symbol.toStringTag] = 'socks'
  readonly [serviceCapabilities] = ['@libp2p/transport']
  readonly #options: SocksTransportOptions
  readonly #log: Logger
  /** Listens only: nothing in here asks it to dial. */
  readonly #tcp: Transport

  constructor(options: SocksTransportOptions, components: Components) {
    this.#options = options
    this.#log = components.logger.forComponent('libp2p:socks')
    this.#tcp = tcp()(components)
  }

  async dial(address: Multiaddr, options: DialTransportOptions): Promise<Connection> {
    const target = socksTarget(address)
    if (target === undefined) throw new Error(`${address.toString()} cannot be reached through Tor`)
    const login = isolatingLogin(address, this.#options.salt)
    const socket = await connectThroughProxy(this.#options.proxy, target, login, options.signal)
    const connection = new SocksConnection(socket, address, this.#log.newScope('connection'))
    try {
      return await options.upgrader.upgradeOutbound(connection, options)
    } catch (error) {
      connection.abort(error instanceof Error ? error : new Error(String(error)))
      throw error
    }
  }

  createListener(options: CreateListenerOptions): Listener {
    const listener = this.#tcp.createListener(options)
    listener.addEventListener('listening', () => {
      const components = listener.getAddrs().flatMap((address) => address.getComponents())
      this.#options.onListening?.(Number(components.find(({ code }) => code === CODE_TCP)?.value))
    })
    return listener
  }

  listenFilter(addresses: Multiaddr[]): Multiaddr[] {
    return addresses.filter((address) => address.toString() === TOR_LISTEN_ADDRESS)
  }

  dialFilter(addresses: Multiaddr[]): Multiaddr[] {
    return addresses.filter((address) => socksTarget(address) !== undefined)
  }
}

/** One login per peer, so that no two peers are reached over one circuit. */
export function isolatingLogin(address: Multiaddr, salt: Uint8Array): SocksLogin {
  const destination = addressPeer(address) ?? address.toString()
  return { user: createHmac('sha256', salt).update(destination).digest('hex'), password: 'parley' }
}
