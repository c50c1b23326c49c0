/** HTTP through Tor, for storage that is reached by it: the same rule for everything that leaves the node. Spec: TOR-14. */
import { createHmac, randomBytes } from 'node:crypto'
import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import type { AgentOptions, IncomingMessage, RequestOptions } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { TOR_CONNECT_TIMEOUT_MS } from '@parley/core'
import type { Endpoint } from './endpoint.ts'
import { isSocksHost } from './socks-codec.ts'
import { connectThroughProxy } from './socks-socket.ts'
import { usableEndpoint } from './tor-host.ts'
import type { TorOptions } from './tor-host.ts'

export interface TorHttp {
  /**
   * As the platform's, with two differences: every connection is made by Tor, which resolves the name too, and a
   * redirect is an error unless `redirect` is `manual`, because nothing here decides where else to go.
   */
  readonly fetch: typeof fetch
  /** For clients that take agents. */
  readonly httpAgent: HttpAgent
  readonly httpsAgent: HttpsAgent
  /** Ends what is open. Later requests open connections anew. */
  stop(): void
}

type Connected = (error: Error | null, socket?: Duplex) => void

const KEPT: AgentOptions = { keepAlive: true, maxFreeSockets: 2, timeout: TOR_CONNECT_TIMEOUT_MS }
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304])

/** @throws PortError `UNREACHABLE` when the proxy is not on this machine. Whether it is there shows at the first request. */
export function createTorHttp({ socks }: Pick<TorOptions, 'socks'>): TorHttp {
  const proxy = usableEndpoint(socks)
  const salt = randomBytes(32)
  const httpAgent = new TorHttpAgent(proxy, salt)
  const httpsAgent = new TorHttpsAgent(proxy, salt)
  const agentOf = (url: URL): HttpAgent => (url.protocol === 'https:' ? httpsAgent : httpAgent)
  return {
    fetch: (input, init) => ask(new Request(input, init), agentOf),
    httpAgent,
    httpsAgent,
    stop() {
      httpAgent.destroy()
      httpsAgent.destroy()
    },
  }
}

class TorHttpAgent extends HttpAgent {
  readonly #open: (options: Target) => Promise<Duplex>

  constructor(proxy: Endpoint, salt: Uint8Array) {
    super(KEPT)
    this.#open = (options) => openSocket(proxy, salt, options)
  }

  override createConnection(options: RequestOptions, connected: Connected): undefined {
    this.#open(options).then((socket) => connected(null, socket), connected)
  }
}

class TorHttpsAgent extends HttpsAgent {
  readonly #open: (options: Target) => Promise<Duplex>

  constructor(proxy: Endpoint, salt: Uint8Array) {
    super(KEPT)
    this.#open = (options) => openSocket(proxy, salt, options)
  }

  override createConnection(options: RequestOptions, connected: Connected): undefined {
    // the name in the certificate is the name that was asked for, not that of the proxy
    const servername = options.host ?? ''
    this.#open(options).then((socket) => connected(null, connectTls({ socket, servername })), connected)
  }
}

interface Target {
  readonly host?: string | null | undefined
  readonly port?: number | string | null | undefined
}

async function openSocket(proxy: Endpoint, salt: Uint8Array, { host, port }: Target): Promise<Duplex> {
  if (typeof host !== 'string' || !isSocksHost(host)) throw new Error('Tor cannot be asked for this name')
  // one place sees nothing of another: different logins have different circuits
  const user = createHmac('sha256', salt).update(`http ${host}`).digest('hex')
  const signal = AbortSignal.timeout(TOR_CONNECT_TIMEOUT_MS)
  const socket = await connectThroughProxy(proxy, { host, port: Number(port) }, { user, password: 'parley' }, signal)
  return socket.resume()
}

async function ask(request: Request, agentOf: (url: URL) => HttpAgent): Promise<Response> {
  const { method, headers, redirect, signal } = request
  const url = new URL(request.url)
  const body = request.body === null ? undefined : new Uint8Array(await request.arrayBuffer())
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    signal.throwIfAborted()
    const length = body === undefined ? {} : { 'content-length': String(body.length) }
    const options = { method, headers: { ...Object.fromEntries(headers), ...length }, agent: agentOf(url), signal }
    const sent = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options)
    sent.once('response', resolve)
    sent.once('error', (cause) => reject(signal.aborted ? signal.reason : new TypeError('fetch failed', { cause })))
    sent.end(body)
  })
  const { statusCode: status = 0, statusMessage: statusText = '' } = message
  if (REDIRECTS.has(status) && redirect !== 'manual') {
    message.destroy()
    throw new TypeError('fetch failed', { cause: new Error('a redirect, which is not followed through Tor') })
  }
  const isEmpty = BODILESS.has(status) || method === 'HEAD'
  if (isEmpty) message.resume()
  return new Response(isEmpty ? null : bodyOf(message), { status, statusText, headers: headersOf(message) })
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers()
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '')
  return headers
}

/** Read as it is asked for; cancelling ends the connection. */
function bodyOf(message: IncomingMessage): ReadableStream<Uint8Array<ArrayBuffer>> {
  const chunks: AsyncIterator<Uint8Array<ArrayBuffer>> = message[Symbol.asyncIterator]()
  return new ReadableStream({
    async pull(controller) {
      const next = await chunks.next()
      if (next.done === true) controller.close()
      else controller.enqueue(next.value)
    },
    cancel: () => void message.destroy(),
  })
}
