import type { Listener, Transport } from '@libp2p/interface'
import { once } from 'node:events'
import { connect, createServer, type Server } from 'node:net'
import { describe, expect, it } from 'vitest'
import { behindProxies, parseProxies } from './proxied.ts'

const HEADER = 'PROXY TCP4 203.0.113.7 192.0.2.1 1234 4001\r\n'

interface Door extends AsyncDisposable {
  /** Who a listener takes the other end for, and the first bytes that it gets. */
  call(bytes: string): Promise<readonly [address: string | undefined, text: string]>
}

/** A listener of libp2p's kind, as far as its server goes. */
async function openDoor(trusted: readonly string[], pauseOnConnect = false): Promise<Door> {
  let heard: (said: readonly [string | undefined, string]) => void = () => undefined
  const server: Server = createServer({ pauseOnConnect }, (socket) => {
    socket.once('data', (bytes) => heard([socket.remoteAddress, String(bytes)])).resume()
  })
  const transport = { createListener: () => ({ server }) as unknown as Listener } as unknown as Transport
  behindProxies(() => transport, parseProxies(trusted))(undefined).createListener({} as never)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  return {
    async call(bytes) {
      const said = new Promise<readonly [string | undefined, string]>((resolve) => (heard = resolve))
      const socket = connect(port, '127.0.0.1')
      socket.end(bytes)
      const result = await said
      socket.destroy()
      return result
    },
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}

describe('a listener behind a proxy', () => {
  it.each([false, true])('[PUSH-10] gets the named address and the bytes after the header', async (pauseOnConnect) => {
    await using door = await openDoor(['::1', '127.0.0.0/8'], pauseOnConnect)
    expect(await door.call(`${HEADER}hello`)).toEqual(['203.0.113.7', 'hello'])
  })

  it('[PUSH-10] takes nobody else at their word', async () => {
    await using door = await openDoor(['10.0.0.0/8', '2001:db8::/32'])
    expect(await door.call(`${HEADER}hello`)).toEqual(['127.0.0.1', `${HEADER}hello`])
  })

  it('[PUSH-10] is told about ranges that are none', () => {
    expect(() => parseProxies(['10.0.0.0/8', 'everybody'])).toThrow('"everybody" is not an IP address')
  })
})
