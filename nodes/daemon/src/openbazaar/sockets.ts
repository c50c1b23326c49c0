/** `/ws`: text frames to clients. What they send is not used. Spec: OBG-16. */
import { type LogPort, SOCKET_UNSENT_BYTES_MAX, SocketClose } from '@parley/engine'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { SOCKETS_MAX } from './limits.ts'
import { Refusal } from './refusal.ts'
import type { Origin } from './routes.ts'

/** A client that did not answer the last of these questions is gone. */
const HEARTBEAT_MS = 30_000
/** How long a client may take to agree to the end before it is cut off. */
const CLOSE_GRACE_MS = 500

/** What we use of a `ws` socket; the package brings no types. */
interface WebSocket {
  readonly bufferedAmount: number
  send(text: string): void
  ping(): void
  close(code: number, reason: string): void
  terminate(): void
  on(event: 'error', listener: (error: Error) => void): void
  on(event: 'close' | 'pong' | 'message', listener: () => void): void
}

export interface Sockets {
  /** To every socket, but not to the caller's own when it can be told from the others. */
  send(frame: object, except?: Origin): void
  readonly count: number
  /** Ends every connection; clients connect again and read what is new. */
  closeAll(): void
}

/** Programs are told apart by their address and what they call themselves. */
export const originOf = (request: FastifyRequest): Origin => ({
  address: request.ip,
  userAgent: request.headers['user-agent'] ?? '',
})

const isSame = (a: Origin, b: Origin): boolean => a.address === b.address && a.userAgent === b.userAgent

/** Adds the route; `@fastify/websocket` is registered already. */
export function addSockets(server: FastifyInstance, log: LogPort): Sockets {
  const origins = new Map<WebSocket, Origin>()
  const silent = new WeakSet<WebSocket>()
  const heartbeat = setInterval(() => {
    for (const socket of origins.keys()) {
      if (silent.has(socket)) socket.terminate()
      else {
        silent.add(socket)
        socket.ping()
      }
    }
  }, HEARTBEAT_MS)
  heartbeat.unref()
  server.addHook('onClose', () => clearInterval(heartbeat))
  const full = async (): Promise<void> => {
    if (origins.size >= SOCKETS_MAX) throw new Refusal(429, 'Too many sockets at once.')
  }
  server.get('/ws', { websocket: true, preValidation: full }, (socket: WebSocket, request: FastifyRequest) => {
    origins.set(socket, originOf(request))
    socket.on('pong', () => silent.delete(socket))
    socket.on('close', () => origins.delete(socket))
    socket.on('error', (error) => {
      log.log('debug', 'socket error', { error: error.message })
      cutOff(socket)
    })
    // Read and dropped: a frame of one client is nothing that others should believe.
    socket.on('message', () => undefined)
  })
  return {
    send(frame, except) {
      const text = JSON.stringify(frame)
      const own = except === undefined ? [] : [...origins].filter(([, origin]) => isSame(origin, except))
      // With several alike nobody knows which of them wrote; a client that hears of its own message knows its id.
      const [spared] = own.length === 1 ? (own[0] ?? []) : []
      for (const socket of origins.keys()) {
        if (socket === spared) continue
        if (socket.bufferedAmount > SOCKET_UNSENT_BYTES_MAX) end(socket, SocketClose.tryAgainLater, 'too slow')
        else socket.send(text)
      }
    },
    get count() {
      return origins.size
    },
    closeAll() {
      for (const socket of origins.keys()) end(socket, SocketClose.goingAway, 'connect again')
    },
  }
}

function end(socket: WebSocket, code: number, reason: string): void {
  socket.close(code, reason)
  cutOff(socket)
}

function cutOff(socket: WebSocket): void {
  setTimeout(() => socket.terminate(), CLOSE_GRACE_MS).unref()
}
