import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { concat, utf8 } from '@parley/core'
import { describe, expect, it } from 'vitest'
import { parseEndpoint } from './endpoint.ts'
import type { Endpoint } from './endpoint.ts'
import { connectThroughProxy, probeProxy } from './socks-socket.ts'
import { FakeTor } from './testing/fake-tor.ts'

const LOGIN = { user: 'u', password: 'p' }
const TARGET = { host: 'example.org', port: 80 }
const never = (): AbortSignal => new AbortController().signal

interface Proxy extends AsyncDisposable {
  readonly endpoint: Endpoint
  /** Resolves when the client's end of the first connection is gone. */
  readonly left: Promise<void>
}

/** A proxy that does whatever a test wants with each connection. */
async function proxy(serve: (socket: Socket) => void): Promise<Proxy> {
  const sockets = new Set<Socket>()
  const left = Promise.withResolvers<void>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => left.resolve())
    serve(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    endpoint: { host: '127.0.0.1', port },
    left: left.promise,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

const failure = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'connected',
    (error: unknown) => error,
  )
const says = (text: RegExp, isRetryable: boolean) =>
  expect.objectContaining({ code: 'UNREACHABLE', isRetryable, message: expect.stringMatching(text) })

/** A port where nothing listens. */
async function freeEndpoint(): Promise<Endpoint> {
  await using gone = await proxy(() => undefined)
  return gone.endpoint
}

describe('a socket through the proxy', () => {
  it('[TOR-4] carries what both ends say, the first word of the target included', async () => {
    await using there = await proxy((socket) => {
      const answers = [
        Uint8Array.of(5, 2),
        Uint8Array.of(1, 0),
        concat(Uint8Array.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0), utf8('hello')),
      ]
      socket.on('data', (bytes) => {
        const answer = answers.shift()
        if (answer === undefined) return void socket.write(bytes)
        // Letter by letter, as a slow proxy may.
        for (const byte of answer) socket.write(Uint8Array.of(byte))
      })
    })
    const socket = await connectThroughProxy(there.endpoint, TARGET, LOGIN, never())
    let heard = ''
    const complete = new Promise<void>((resolve) => {
      socket.on('data', (bytes) => {
        heard += bytes.toString()
        if (heard === 'hello again') resolve()
      })
    })
    socket.resume()
    socket.write(' again')
    await complete
    expect(socket.listenerCount('error') + socket.listenerCount('close')).toBe(0)
    socket.destroy()
    await there.left
  })
  it('[TOR-4] fails in words when Tor is absent, is something else, breaks off or refuses', async () => {
    const absent = await freeEndpoint()
    const dial = (endpoint: Endpoint) => failure(connectThroughProxy(endpoint, TARGET, LOGIN, never()))
    expect(await dial(absent)).toEqual(says(/^Tor is not running at 127\.0\.0\.1:\d+\.$/, true))
    expect(await failure(probeProxy(absent, never()))).toEqual(says(/^Tor is not running at /, true))
    {
      await using web = await proxy(
        (socket) => void socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
      )
      expect(await dial(web.endpoint)).toEqual(says(/not a SOCKS port/, false))
      await web.left
      expect(await failure(probeProxy(web.endpoint, never()))).toEqual(says(/is not the SOCKS port of Tor\.$/, false))
    }
    {
      await using shut = await proxy((socket) => void socket.once('data', () => socket.end(Uint8Array.of(5))))
      expect(await dial(shut.endpoint)).toEqual(says(/broke off/, true))
    }
    await using tor = await FakeTor.start()
    const endpoint = parseEndpoint(tor.socks)
    if (endpoint === undefined) throw new Error('the fake has an endpoint')
    expect(await dial(endpoint)).toEqual(says(/^Through Tor: it is not found/, true))
    expect(tor.asked).toEqual([{ ...TARGET, user: 'u' }])
    await probeProxy(endpoint, never())
    expect(tor.asked.length).toBe(1)
  })
  it("[TOR-4] ends with the caller's patience, and leaves no socket behind", async () => {
    await using silent = await proxy((socket) => void socket.resume())
    const controller = new AbortController()
    const dialled = failure(connectThroughProxy(silent.endpoint, TARGET, LOGIN, controller.signal))
    setImmediate(() => controller.abort(new Error('enough')))
    expect(await dialled).toEqual(new Error('enough'))
    await silent.left
    expect(await failure(connectThroughProxy(silent.endpoint, TARGET, LOGIN, controller.signal))).toEqual(
      new Error('enough'),
    )
  })
})
