/** A port of this process's loopback that leads to a port of loopback inside of a namespace. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { enter } from './namespaces.ts'

export interface Door extends AsyncDisposable {
  /** The same number on both sides, so that a node finds its own address in what it is asked. */
  readonly port: number
}

/** Opens a door; each connection through it is one process inside. */
export async function openDoor(namespace: string): Promise<Door> {
  const carriers = new Set<ChildProcess>()
  const sockets = new Set<Socket>()
  const [command = '', ...parameters] = enter(namespace)
  const server = createServer((socket) => {
    const carrier = spawn(command, [...parameters, 'socat', 'STDIO', `TCP:127.0.0.1:${port}`], {
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    carriers.add(carrier)
    sockets.add(socket)
    const end = (): void => {
      socket.destroy()
      carrier.kill('SIGKILL')
    }
    // One side that goes away takes the other with it; which of the two was first is of no interest.
    for (const side of [socket, carrier, carrier.stdin, carrier.stdout]) side.on('error', end)
    socket.on('close', end)
    carrier.on('exit', () => {
      carriers.delete(carrier)
      sockets.delete(socket)
    })
    carrier.stdout.pipe(socket)
    socket.pipe(carrier.stdin)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a door has no port')
  const { port } = address
  return {
    port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      for (const carrier of carriers) carrier.kill('SIGKILL')
      const closed = once(server, 'close')
      server.close()
      await closed
    },
  }
}
