/** Prometheus text and a health answer, for this machine only. Counts, never peers. Spec: PUSH-3. */
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { PushFigures } from '@parley/adapter-network-libp2p'
import { PUSH_CONNECTIONS_MAX, RELAY_RESERVATIONS_MAX } from '@parley/core'
import { PortError } from '@parley/engine'
import { parseLoopback } from './config.ts'

export interface MetricsServer {
  /** `http://127.0.0.1:PORT/metrics` */
  readonly url: string
  stop(): Promise<void>
}

/** @throws PortError `ADDRESS_IN_USE`; Error when `listen` is not a loopback HOST:PORT. */
export async function startMetrics(listen: string, figures: () => PushFigures): Promise<MetricsServer> {
  const address = parseLoopback(listen)
  if (address === undefined) throw new Error(`"${listen}" is not a loopback address such as 127.0.0.1:9464.`)
  const startedMs = performance.now()
  const server = createServer((request, response) => {
    answer(request, response, () => figuresText(figures(), (performance.now() - startedMs) / 1_000))
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

function answer(request: IncomingMessage, response: ServerResponse, metrics: () => string): void {
  const reply = (status: number, type: string, text: string): void => {
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text)
  }
  // a page of another site must not read this through a name that it points at this machine
  if (parseLoopback(withPort(request.headers.host ?? '')) === undefined)
    return reply(403, 'text/plain', 'Not for this host.\n')
  if (request.method !== 'GET') return reply(405, 'text/plain', 'Only GET.\n')
  if (request.url === '/health') return reply(200, 'application/json', '{"status":"ok"}\n')
  if (request.url === '/metrics') return reply(200, 'text/plain; version=0.0.4; charset=utf-8', metrics())
  return reply(404, 'text/plain', 'There is /metrics and /health.\n')
}

const withPort = (host: string): string => (/:\d+$/.test(host) ? host : `${host}:80`)

function figuresText(figures: PushFigures, uptimeSeconds: number): string {
  const gauge = (
    name: string,
    help: string,
    ...values: readonly (readonly [labels: string, value: number])[]
  ): string => {
    const lines = values.map(([labels, value]) => `${name}${labels} ${value}`)
    return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines, ''].join('\n')
  }
  return [
    gauge(
      'parley_push_connections',
      'Open connections.',
      ['{direction="inbound"}', figures.connectionsInbound],
      ['{direction="outbound"}', figures.connectionsOutbound],
    ),
    gauge('parley_push_connections_max', 'Connections beyond which idle ones are closed.', ['', PUSH_CONNECTIONS_MAX]),
    gauge('parley_push_peers', 'Connected peers.', ['', figures.peers]),
    gauge('parley_push_relay_reservations', 'Devices that can be reached through this node.', [
      '',
      figures.reservations,
    ]),
    gauge('parley_push_relay_reservations_max', 'Reservations that this node grants.', ['', RELAY_RESERVATIONS_MAX]),
    gauge('parley_push_relay_circuits', 'Connections that pass through this node.', ['', figures.circuits]),
    gauge('parley_push_dht_peers', 'Entries of the routing table.', ['', figures.dhtPeers]),
    gauge('parley_push_uptime_seconds', 'Time since the start.', ['', Math.round(uptimeSeconds)]),
    gauge('process_resident_memory_bytes', 'Resident memory.', ['', process.memoryUsage.rss()]),
  ].join('')
}
