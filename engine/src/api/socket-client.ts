/** The socket client over the platform's WebSocket: the same in a browser and in Node 22 or later. */
import { createSocketClient, type SocketClient } from './socket-caller.ts'
import type { Duplex, DuplexHandlers } from './socket-connection.ts'

export { createSocketClient, type SocketClient } from './socket-caller.ts'
export type { ConnectionPorts, Duplex, DuplexHandlers, SocketState } from './socket-connection.ts'

/** What this file alone uses of the platform; the rest of the engine is given its clock and randomness. */
interface PlatformSocket {
  readonly readyState: number
  send(text: string): void
  close(code?: number): void
  addEventListener(type: 'open' | 'close' | 'error', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
}
interface Platform {
  readonly WebSocket: new (url: string, protocols: readonly string[]) => PlatformSocket
  readonly setTimeout: (fire: () => void, delayMs: number) => unknown
  readonly clearTimeout: (timer: unknown) => void
  readonly Math: { random(): number }
}

export interface SocketUrlOptions {
  /** The node's token. A page does not need it: its cookie goes along by itself. */
  readonly token?: string
}

/** WebSocket sub-protocol of the API; the token travels beside it, because no browser can send a header here. */
export const SOCKET_PROTOCOL = 'parley.v1'
export const SOCKET_TOKEN_PROTOCOL_PREFIX = 'bearer.'
const OPEN = 1

/** An {@link ApiClient} of the node at `url`, for example `ws://127.0.0.1:7100/v1/socket`. Connects by itself. */
export function connectSocket(url: string, options: SocketUrlOptions = {}): SocketClient {
  // The one place where the engine's folder reaches for the platform: see PlatformSocket.
  const platform = globalThis as unknown as Platform
  const token = options.token === undefined ? [] : [SOCKET_TOKEN_PROTOCOL_PREFIX + options.token]
  return createSocketClient({
    connect: (handlers) => duplexOf(new platform.WebSocket(url, [SOCKET_PROTOCOL, ...token]), handlers),
    after(delayMs, fire) {
      const timer = platform.setTimeout(fire, delayMs)
      return () => platform.clearTimeout(timer)
    },
    // Spreads reconnections in time; nothing secret hangs on it.
    chance: () => platform.Math.random(),
  })
}

function duplexOf(socket: PlatformSocket, handlers: DuplexHandlers): Duplex {
  socket.addEventListener('open', () => handlers.opened())
  socket.addEventListener('close', () => handlers.closed())
  // A close event follows every error; without a listener some platforms would end the process.
  socket.addEventListener('error', () => {})
  socket.addEventListener('message', ({ data }) => handlers.received(typeof data === 'string' ? data : ''))
  return {
    send(text) {
      if (socket.readyState === OPEN) socket.send(text)
    },
    close: () => socket.close(1000),
  }
}
