import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Cleanup } from '../testing/networks.ts'
import { TEST_CERTIFICATE, TEST_CERTIFICATE_KEY } from './testing/certificate.ts'
import { FakeTor } from './testing/fake-tor.ts'
import { watchSockets } from './testing/sockets.ts'
import { createTorHttp } from './tor-http.ts'
import type { TorHttp } from './tor-http.ts'

class World extends Cleanup {
  readonly tor: FakeTor
  readonly http: TorHttp

  private constructor(tor: FakeTor) {
    super()
    this.tor = tor
    this.http = createTorHttp(tor)
    this.add(async () => tor[Symbol.asyncDispose]())
    this.add(async () => this.http.stop())
  }

  static open = async (): Promise<World> => new World(await FakeTor.start())

  /** A server that an exit finds as `name`. */
  async serve(name: string, listener: RequestListener, isTls = false): Promise<void> {
    const credentials = { key: TEST_CERTIFICATE_KEY, cert: TEST_CERTIFICATE }
    const server: Server = isTls ? createTlsServer(credentials, listener) : createServer(listener)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    this.tor.names.set(name, typeof address === 'object' && address !== null ? address.port : 0)
    this.add(async () => (server.closeAllConnections(), server.close()))
  }
}

const read = async (message: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = []
  for await (const part of message) parts.push(Buffer.from(part))
  return Buffer.concat(parts).toString()
}

describe('HTTP through Tor', () => {
  const trusted = getCACertificates()
  beforeAll(() => setDefaultCACertificates([...trusted, TEST_CERTIFICATE]))
  afterAll(() => setDefaultCACertificates(trusted))

  it('[TOR-14] asks by name, looks nothing up, and opens no socket but to the proxy', async () => {
    await using world = await World.open()
    await world.serve('blocks.example', (request, response) => {
      response.writeHead(201, { 'content-type': 'text/plain', 'x-answer': 'yes' })
      const said = `${request.method} ${request.url} ${String(request.headers['x-key'])} `
      read(request).then(
        (body) => response.end(said + body),
        (error: unknown) => response.destroy(new Error('the request broke off', { cause: error })),
      )
    })
    using watch = watchSockets()
    const init = { method: 'PUT', body: new Uint8Array([104, 105]), headers: { 'x-key': 'a' } }
    const response = await world.http.fetch('http://blocks.example/a?b=c', init)
    expect([response.status, response.headers.get('x-answer')]).toEqual([201, 'yes'])
    expect(await response.text()).toBe('PUT /a?b=c a hi')
    expect(world.tor.asked.map(({ host, port }) => [host, port])).toEqual([['blocks.example', 80]])
    expect([new Set(watch.connected), watch.leaks]).toEqual([new Set([world.tor.socks]), []])
  })
  it('[TOR-14] speaks TLS with the place itself, and refuses a certificate of another name', async () => {
    await using world = await World.open()
    const body = 'x'.repeat(300_000)
    await world.serve('blocks.example', (_request, response) => void response.end(body), true)
    expect(await (await world.http.fetch('https://blocks.example/')).text()).toBe(body)
    await world.serve('other.example', (_request, response) => void response.end(body), true)
    const failure = await world.http.fetch('https://other.example/').catch((error: unknown) => error)
    expect(failure).toMatchObject({ name: 'TypeError', cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } })
    expect(new Set(world.tor.asked.map(({ user }) => user)).size).toBe(2)
  })
  it('[TOR-14] follows no redirect, has no body where there is none, and is given up with its caller', async () => {
    await using world = await World.open()
    await world.serve('blocks.example', (request, response) => {
      if (request.url === '/silent') return
      if (request.url === '/moved') response.writeHead(302, { location: 'http://192.0.2.1/' })
      else response.writeHead(204)
      response.end()
    })
    const { fetch } = world.http
    await expect(fetch('http://blocks.example/moved')).rejects.toThrow('fetch failed')
    const moved = await fetch('http://blocks.example/moved', { redirect: 'manual' })
    expect([moved.status, moved.headers.get('location')]).toEqual([302, 'http://192.0.2.1/'])
    expect((await fetch('http://blocks.example/none')).body).toBeNull()
    const controller = new AbortController()
    const silent = fetch('http://blocks.example/silent', { signal: controller.signal })
    setImmediate(() => controller.abort(new Error('enough')))
    await expect(silent).rejects.toThrow('enough')
  })
  it('[TOR-14] fails in the words of Tor when it is not there or does not find the place', async () => {
    await using world = await World.open()
    const causeOf = async (url: string): Promise<unknown> =>
      world.http.fetch(url).then(
        () => 'done',
        (error: unknown) => (error instanceof Error ? String(error.cause) : error),
      )
    expect(await causeOf('http://nowhere.example/')).toContain('Through Tor: it is not found')
    const away = await FakeTor.start()
    const http = createTorHttp(away)
    await away[Symbol.asyncDispose]()
    await expect(http.fetch('http://blocks.example/')).rejects.toMatchObject({
      cause: { code: 'UNREACHABLE', message: expect.stringContaining('Tor is not running at') },
    })
    expect(() => createTorHttp({ socks: '192.0.2.1:9050' })).toThrow('Tor has to be on this machine')
  })
})
