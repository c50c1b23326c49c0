/** `/v1/socket`: the transport under the engine's socket protocol. Spec: API-7…API-11. */
import {
  type ApiClient,
  type CheckedOperation,
  EngineError,
  isEventName,
  type LogPort,
  serveSocket,
  SOCKET_SLOW_BYTES,
  SocketClose,
} from '@parley/engine'
import type { FastifyInstance } from 'fastify'

/** Pages and programs connected at the same time. */
export const SOCKETS_MAX = 64
/** A peer that did not answer the last of these questions is gone. */
export const HEARTBEAT_MS = 30_000
const CLOSE_UNSUPPORTED = 1003
/** How long a peer may take to agree to the end before it is cut off. */
const CLOSE_GRACE_MS = 500

/** What we use of a `ws` socket; the package brings no types. */
interface WebSocket {
  readonly bufferedAmount: number
  send(text: string, taken: () => void): void
  ping(): void
  pause(): void
  resume(): void
  close(code: number, reason: string): void
  terminate(): void
  on(event: 'message', listener: (data: Buffer | ArrayBuffer | Buffer[], isBinary: boolean) => void): void
  on(event: 'error', listener: (error: Error) => void): void
  on(event: 'close' | 'pong', listener: () => void): void
}

export interface SocketOptions {
  readonly client: () => ApiClient
  readonly check: (name: string, params: unknown) => CheckedOperation
  readonly log: LogPort
  readonly nowMs: () => number
}

export interface Sockets {
  /** Ends every connection; callers connect again and find what is new. */
  closeAll(): void
  readonly count: number
}

/** Adds the route; `@fastify/websocket` is registered already. */
export function addSocketRoute(server: FastifyInstance, options: SocketOptions): Sockets {
  const sockets = new Set<WebSocket>()
  const silent = new WeakSet<WebSocket>()
  const heartbeat = setInterval(() => {
    for (const socket of sockets) {
      if (silent.has(socket)) {
        socket.terminate()
        continue
      }
      silent.add(socket)
      socket.ping()
    }
  }, HEARTBEAT_MS)
  heartbeat.unref()
  server.addHook('onClose', () => clearInterval(heartbeat))
  server.get(
    '/v1/socket',
    {
      websocket: true,
      schema: { hide: true },
      preValidation: async () => {
        if (sockets.size >= SOCKETS_MAX) throw new EngineError('RATE_LIMITED', 'too many sockets')
      },
    },
    (socket: WebSocket) => {
      sockets.add(socket)
      socket.on('pong', () => silent.delete(socket))
      socket.on('close', () => sockets.delete(socket))
      serve(socket, options)
    },
  )
  return {
    closeAll() {
      for (const socket of sockets) end(socket, SocketClose.goingAway, 'connect again')
    },
    get count() {
      return sockets.size
    },
  }
}

function serve(socket: WebSocket, { client, check, log, nowMs }: SocketOptions): void {
  const failed = (error: unknown): void =>
    log.log('error', 'socket call failed', { error: error instanceof Error ? error.message : String(error) })
  const session = serveSocket(
    {
      send(text) {
        socket.send(text, () => {
          if (socket.bufferedAmount <= SOCKET_SLOW_BYTES / 2) session.drained()
        })
      },
      unsentBytes: () => socket.bufferedAmount,
      setReading: (isReading) => (isReading ? socket.resume() : socket.pause()),
      close: (code, reason) => end(socket, code, reason),
    },
    { client, check, isEvent: isEventName, nowMs, failed },
  )
  socket.on('message', (data, isBinary) => {
    if (isBinary) return end(socket, CLOSE_UNSUPPORTED, 'text only')
    session.receive(textOf(data))
  })
  socket.on('close', () => session.closed())
  socket.on('error', (error) => {
    // The frame could not be read: the library has answered with the close code that fits.
    log.log('debug', 'socket error', { error: error.message })
    cutOff(socket)
  })
}

function end(socket: WebSocket, code: number, reason: string): void {
  socket.close(code, reason)
  cutOff(socket)
}

function cutOff(socket: WebSocket): void {
  setTimeout(() => socket.terminate(), CLOSE_GRACE_MS).unref()
}

function textOf(data: Buffer | ArrayBuffer | Buffer[]): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8')
  return Buffer.isBuffer(data) ? data.toString('utf8') : Buffer.from(data).toString('utf8')
}
