/** Connections that die without a word, on loopback. */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

export interface FrozenPath {
  readonly port: number
  /** Resolves when the far side closed a connection. */
  readonly ended: Promise<void>
  /** What arrives at either side from now on is read and forgotten. */
  freeze(): void
  close(): Promise<void>
}

/** A path to a port of loopback that can stop carrying anything without ending. */
export async function startPath(port: number): Promise<FrozenPath> {
  const sockets: Socket[] = []
  const ended = Promise.withResolvers<void>()
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    sockets.push(near, far)
    for (const socket of [near, far]) socket.on('error', () => undefined)
    far.on('close', () => ended.resolve())
    near.pipe(far)
    far.pipe(near)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    ended: ended.promise,
    freeze() {
      for (const socket of sockets) {
        socket.unpipe()
        socket.resume()
      }
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
