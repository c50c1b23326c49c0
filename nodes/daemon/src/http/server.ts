/** The daemon's HTTP server: REST, OpenAPI, socket and page on one local port. */
import fastifySwagger from '@fastify/swagger'
import fastifyWebsocket from '@fastify/websocket'
import {
  type ApiClient,
  createOperationCheck,
  type LogPort,
  PortError,
  SOCKET_FRAME_BYTES_MAX,
  SOCKET_FRAMES_BURST,
} from '@parley/engine'
import fastify, { type FastifyInstance } from 'fastify'
import { addAvatarRoute } from './avatars.ts'
import { addNodeRoutes, type NodeControls } from './node-routes.ts'
import { useGuard } from './guard.ts'
import { usePage } from './page.ts'
import { useProblems } from './problems.ts'
import { addOperationRoutes } from './routes.ts'
import { addSocketRoute } from './sockets.ts'
import { Tickets } from './tickets.ts'

/** The only interface that the server ever listens on. */
const HOST = '127.0.0.1'
const REQUEST_TIMEOUT_MS = 30_000
const URL_LENGTH_MAX = 4_096

export interface ServerOptions {
  /** 0 lets the system choose. */
  readonly port: number
  readonly token: string
  readonly client: () => ApiClient
  readonly controls: NodeControls
  readonly version: string
  readonly log: LogPort
  readonly pageRoot?: string
  /** Requests that may come at once; SOCKET_FRAMES_BURST unless a test wants to reach the end of it. */
  readonly burst?: number
  /** Running time in milliseconds. */
  readonly nowMs?: () => number
}

export interface Server {
  /** For example `http://127.0.0.1:7100`. */
  readonly url: string
  /** An address that lets one browser in, once, soon. */
  ticketUrl(): string
  /** Ends every socket, so that callers subscribe to the account that is open now. */
  resetSockets(): void
  close(): Promise<void>
}

/** Starts the server. @throws PortError `ADDRESS_IN_USE` in one sentence. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const nowMs = options.nowMs ?? (() => performance.now())
  let port = options.port
  const server = fastify({
    bodyLimit: SOCKET_FRAME_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    http: { maxHeaderSize: 16_384 },
    routerOptions: { maxParamLength: URL_LENGTH_MAX },
  })
  // Parameters are checked against the engine's table, in one place for every transport.
  server.setValidatorCompiler(() => () => true)
  server.setSerializerCompiler(() => (value) => JSON.stringify(value))
  acceptJsonOnly(server)
  useProblems(server, options.log)
  const tickets = new Tickets(nowMs)
  useGuard(server, {
    token: options.token,
    tickets,
    burst: options.burst ?? SOCKET_FRAMES_BURST,
    port: () => port,
    nowMs,
  })
  await server.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Parley',
        version: options.version,
        description: 'The API of your own node, on your own machine.',
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
  })
  await server.register(fastifyWebsocket, { options: { maxPayload: SOCKET_FRAME_BYTES_MAX, perMessageDeflate: false } })
  const check = createOperationCheck()
  addOperationRoutes(server, { client: options.client, check, log: options.log })
  addNodeRoutes(server, options.controls, options.client)
  addAvatarRoute(server, { client: options.client, check })
  const sockets = addSocketRoute(server, { client: options.client, check, log: options.log, nowMs })
  server.get('/v1/openapi.json', { schema: { hide: true } }, async () => server.swagger())
  await usePage(server, options.pageRoot)
  await listen(server, options.port)
  port = portOf(server)
  return {
    url: `http://${HOST}:${port}`,
    ticketUrl: () => `http://${HOST}:${port}/?token=${tickets.issue()}`,
    resetSockets: () => sockets.closeAll(),
    async close() {
      sockets.closeAll()
      await server.close()
    },
  }
}

/** JSON or nothing: no other kind of body can be sent across sites without asking us first. */
function acceptJsonOnly(server: FastifyInstance): void {
  const parseJson = server.getDefaultJsonParser('error', 'error')
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null)
    else void parseJson(request, String(body), done)
  })
}

function portOf(server: FastifyInstance): number {
  const address = server.server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function listen(server: FastifyInstance, port: number): Promise<void> {
  try {
    await server.listen({ host: HOST, port })
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
    await server.close()
    if (!isTaken) throw error
    throw new PortError(
      'ADDRESS_IN_USE',
      `Port ${port} of ${HOST} is in use by another program. Choose another with --api-port, or 0 for any.`,
      false,
      { cause: error },
    )
  }
}
