/** OpenBazaar's API in front of a node: a second HTTP server that renames and nothing else. Spec: OBG-1…OBG-20. */
import fastifyWebsocket from '@fastify/websocket'
import { type ApiClient, EngineError, type LogPort, PortError, SOCKET_FRAME_BYTES_MAX } from '@parley/engine'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { historyRoutes } from './chat-history.ts'
import { keepingRoutes } from './chat-keeping.ts'
import { writingRoutes } from './chat-writing.ts'
import { useGuard } from './guard.ts'
import { SOCKET_RECEIVED_BYTES_MAX } from './limits.ts'
import { nodeRoutes } from './node-routes.ts'
import { profileRoutes } from './profile-routes.ts'
import { Refusal, refusalBody, toRefusal } from './refusal.ts'
import { type NodeControls, Reply, type Routes } from './routes.ts'
import { openSession, type Session } from './session.ts'
import { settingsRoutes } from './settings-routes.ts'
import { addSockets, originOf } from './sockets.ts'
import { Teller } from './teller.ts'

const REQUEST_TIMEOUT_MS = 30_000
const URL_LENGTH_MAX = 4_096
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

export interface OpenBazaarOptions {
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly cookie: string
  readonly user: string
  readonly password?: string | undefined
  readonly origins: readonly string[]
  /** The open account. @throws EngineError `LOCKED`, `CLOSED` */
  readonly client: () => ApiClient
  readonly node: NodeControls
  readonly log: LogPort
  readonly burst?: number
}

export interface OpenBazaarServer {
  /** For example `http://127.0.0.1:4002`. */
  readonly url: string
  /** Another account is open, or one at last: sockets end, so that clients read anew. */
  accountChanged(): void
  close(): Promise<void>
}

/** Starts the server. @throws PortError `ADDRESS_IN_USE` in one sentence. */
export async function startOpenBazaar(options: OpenBazaarOptions): Promise<OpenBazaarServer> {
  const { log } = options
  let port = options.port
  const ending = new AbortController()
  const server = fastify({
    bodyLimit: SOCKET_FRAME_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    http: { maxHeaderSize: 16_384 },
    routerOptions: { maxParamLength: URL_LENGTH_MAX },
    frameworkErrors: (error, _request, reply) => void sendError(reply, error, log),
  })
  // Clients of OpenBazaar call a body what they like; it is JSON, or it is refused.
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
  server.setErrorHandler((error, _request, reply) => sendError(reply, error, log))
  useGuard(server, { ...options, port: () => port, nowMs: () => performance.now() })
  await server.register(fastifyWebsocket, {
    options: { maxPayload: SOCKET_RECEIVED_BYTES_MAX, perMessageDeflate: false },
  })
  const sockets = addSockets(server, log)
  const teller = new Teller(sockets, log)
  const sessions = new Sessions(options, (session) => teller.follow(session))
  const routes: Routes = {
    ...writingRoutes,
    ...historyRoutes,
    ...keepingRoutes,
    ...profileRoutes(log, ending.signal),
    ...settingsRoutes,
    ...nodeRoutes,
  }
  addRoutes(server, { routes, sessions, teller, node: options.node })
  await listen(server, options)
  port = portOf(server)
  sessions.prepare()
  return {
    url: `http://${options.host}:${port}`,
    accountChanged() {
      sockets.closeAll()
      sessions.prepare()
    },
    async close() {
      ending.abort()
      sockets.closeAll()
      await server.close()
      await sessions[Symbol.asyncDispose]()
    },
  }
}

interface RouteOptions {
  readonly routes: Routes
  readonly sessions: Sessions
  readonly teller: Teller
  readonly node: NodeControls
}

/** `/ob/NAME/…`: what follows the parts that a call knows is ignored, as are slashes at the end. OBG-6 */
function addRoutes(server: FastifyInstance, { routes, sessions, teller, node }: RouteOptions): void {
  server.route({
    method: METHODS,
    url: '/ob/*',
    async handler(request, reply) {
      const [path = '', query = ''] = splitOnce(request.url, '?')
      const [name = '', ...rest] = partsOf(path.slice('/ob/'.length))
      const key = `${request.method} ${name}`
      const route = Object.hasOwn(routes, key) ? routes[key] : undefined
      if (route === undefined) throw new Refusal(404, 'Not Found')
      const session = await sessions.current()
      const answer = await route({
        session,
        rest,
        query: new URLSearchParams(query),
        body: typeof request.body === 'string' ? request.body : '',
        origin: originOf(request),
        signal: goneSignal(request, reply),
        told: teller,
        node,
      })
      return send(reply, answer)
    },
  })
  server.setNotFoundHandler((_request, reply) => sendRefusal(reply, new Refusal(404, 'Not Found')))
}

function splitOnce(text: string, mark: string): readonly string[] {
  const at = text.indexOf(mark)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

/** @throws Refusal 404 for what is no UTF-8. */
function partsOf(path: string): readonly string[] {
  try {
    return path.split('/').map(decodeURIComponent)
  } catch (cause) {
    throw new Refusal(404, 'Not Found', { cause })
  }
}

/** Fires when the connection ends before the answer did. */
function goneSignal(request: FastifyRequest, reply: FastifyReply): AbortSignal {
  const gone = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort()
  })
  if (request.raw.socket.destroyed) gone.abort()
  return gone.signal
}

function send(reply: FastifyReply, answer: unknown): FastifyReply {
  const { status, body, headers, afterwards } = answer instanceof Reply ? answer : new Reply({ body: answer })
  if (reply.raw.closed) afterwards()
  else reply.raw.once('close', afterwards)
  return reply.code(status).headers(headers).type('application/json; charset=utf-8').send(JSON.stringify(body))
}

function sendError(reply: FastifyReply, error: unknown, log: LogPort): FastifyReply {
  const shown = toRefusal(error)
  if (shown === undefined) log.log('error', 'request failed', { error: String(error) })
  return sendRefusal(reply, shown ?? new Refusal(500, 'Something went wrong inside the node.'))
}

const sendRefusal = (reply: FastifyReply, { status, message }: Refusal): FastifyReply =>
  reply.code(status).type('application/json; charset=utf-8').send(refusalBody(message))

/** The session of the account that is open now; made again when that is another one. */
class Sessions implements AsyncDisposable {
  readonly #options: OpenBazaarOptions
  readonly #follow: (session: Session) => () => void
  #held: { readonly client: ApiClient; readonly session: Promise<Session> } | undefined

  constructor(options: OpenBazaarOptions, follow: (session: Session) => () => void) {
    this.#options = options
    this.#follow = follow
  }

  /** @throws EngineError `LOCKED`, `CLOSED` */
  current(): Promise<Session> {
    const client = this.#options.client()
    if (this.#held?.client === client) return this.#held.session
    // The account before is closed already; its session has nothing more to do.
    void this.#end()
    const session = this.#open(client)
    this.#held = { client, session }
    session.catch(() => {
      // Tried again by the next request.
      if (this.#held?.session === session) this.#held = undefined
    })
    return session
  }

  /** Opens the session so that what waits is sent without a client. */
  prepare(): void {
    try {
      this.current().catch((error: unknown) => this.#failed(error))
    } catch (error) {
      this.#failed(error)
    }
  }

  async #open(client: ApiClient): Promise<Session> {
    const session = await openSession(client, this.#options.log)
    const stop = this.#follow(session)
    return {
      ...session,
      async [Symbol.asyncDispose]() {
        stop()
        await session[Symbol.asyncDispose]()
      },
    }
  }

  #failed(error: unknown): void {
    const isLocked = error instanceof EngineError && (error.code === 'LOCKED' || error.code === 'CLOSED')
    if (!isLocked) this.#options.log.log('warn', 'the account could not be prepared', { reason: String(error) })
  }

  #end(): Promise<void> {
    const held = this.#held
    this.#held = undefined
    return (
      held?.session.then(
        (session) => session[Symbol.asyncDispose](),
        () => undefined,
      ) ?? Promise.resolve()
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end()
  }
}

function portOf(server: FastifyInstance): number {
  const address = server.server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function listen(server: FastifyInstance, { host, port }: OpenBazaarOptions): Promise<void> {
  try {
    await server.listen({ host: host.replace(/^\[|\]$/g, ''), port })
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
    await server.close()
    if (!isTaken) throw error
    const sentence = `Port ${port} of ${host} is in use by another program. Choose another with --openbazaar-api.`
    throw new PortError('ADDRESS_IN_USE', sentence, false, { cause: error })
  }
}
