/**
 * Dialling one address of a peer. libp2p's own queue tries the addresses of a peer one after the other, each for
 * seconds, and joins a second dial to the first; here the caller decides what runs beside what. Spec: NET-1, NET-30.
 */
import type { Connection, ConnectionGater } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { withDeadline } from './deadline.ts'

export interface AddressDials {
  readonly pace: DialPace
  /**
   * A new connection by this very address, which ends in the id of the peer that has to answer. It counts among the
   * connections of the node like any other.
   * @param keepAliveMs how long the connection may be silent until the kernel asks whether the other end is there.
   */
  dial(address: Multiaddr, signal: AbortSignal, keepAliveMs?: number): Promise<Connection>
}

export interface DialPace {
  readonly addressTimeoutMs: number
  /** Pause between starts of attempts at two addresses of one peer. */
  readonly attemptDelayMs: number
  /** How long direct addresses are tried before relays and the DHT are asked too. */
  readonly headStartMs: number
}

interface Components {
  readonly connectionGater: ConnectionGater
  readonly transportManager: {
    dial(address: Multiaddr, options: DialOptions): Promise<Connection>
    dialTransportForMultiaddr(address: Multiaddr): object | undefined
  }
}

/** What our transports understand beyond the signal: options of a TCP socket. */
interface DialOptions {
  readonly signal: AbortSignal
  readonly keepAliveInitialDelay?: number
}

export function addressDials(pace: DialPace): (components: Components) => AddressDials {
  return ({ connectionGater, transportManager }) => ({
    pace,
    async dial(address, signal, keepAliveMs) {
      if (transportManager.dialTransportForMultiaddr(address) === undefined) throw new Error('no transport goes there')
      if ((await connectionGater.denyDialMultiaddr?.(address)) === true) throw new Error('this address is denied')
      return withDeadline(signal, pace.addressTimeoutMs, (addressSignal) =>
        transportManager.dial(address, {
          signal: addressSignal,
          ...(keepAliveMs === undefined ? {} : { keepAliveInitialDelay: keepAliveMs }),
        }),
      )
    },
  })
}
