/** Prometheus text and a health answer, for this machine only. Counts, never peers. Spec: PUSH-3. */
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { PortError } from '@parley/engine'
import { parseLoopback } from './config.ts'
import { figuresText } from './figures-text.ts'
import type { Figures } from './figures-text.ts'

export interface MetricsServer {
  /** `http://127.0.0.1:PORT/metrics` */
  readonly url: string
  stop(): Promise<void>
}

export interface MetricsSource {
  figures(): Pick<Figures, 'host' | 'held'>
  /** What is wrong with the node; `undefined`: nothing. */
  failure(): string | undefined
}

/** @throws PortError `ADDRESS_IN_USE`; Error when `listen` is not a loopback HOST:PORT. */
export async function startMetrics(listen: string, source: MetricsSource): Promise<MetricsServer> {
  const address = parseLoopback(listen)
  if (address === undefined) throw new Error(`"${listen}" is not a loopback address such as 127.0.0.1:9464.`)
  const startedMs = performance.now()
  const server = createServer((request, response) => {
    answer(request, response, source, (performance.now() - startedMs) / 1_000)
  })
  await listenOn(server, address)
  const bound = server.address()
  const port = bound !== null && typeof bound === 'object' ? bound.port : address.port
  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  return {
    url: `http://${host}:${port}/metrics`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listenOn(server: Server, { host, port }: { readonly host: string; readonly port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isInUse = error.code === 'EADDRINUSE'
      const message = `Another program already listens on port ${port} of ${host}, where the metrics should be.`
      reject(isInUse ? new PortError('ADDRESS_IN_USE', message, false, { cause: error }) : error)
    })
    server.listen({ host, port }, resolve)
  })
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  source: MetricsSource,
  uptimeSeconds: number,
): void {
  const reply = (status: number, type: string, text: string): void => {
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text)
  }
  // a page of another site must not read this through a name that it points at this machine
  if (parseLoopback(withPort(request.headers.host ?? '')) === undefined)
    return reply(403, 'text/plain', 'Not for this host.\n')
  if (request.method !== 'GET') return reply(405, 'text/plain', 'Only GET.\n')
  if (request.url === '/health') {
    const reason = source.failure()
    if (reason === undefined) return reply(200, 'application/json', '{"status":"ok"}\n')
    return reply(503, 'application/json', `${JSON.stringify({ status: 'failing', reason })}\n`)
  }
  if (request.url === '/metrics') {
    const figures = { ...source.figures(), uptimeSeconds, residentBytes: process.memoryUsage.rss() }
    return reply(200, 'text/plain; version=0.0.4; charset=utf-8', figuresText(figures))
  }
  return reply(404, 'text/plain', 'There is /metrics and /health.\n')
}

const withPort = (host: string): string => (/:\d+$/.test(host) ? host : `${host}:80`)
