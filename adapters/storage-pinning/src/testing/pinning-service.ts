/**
 * A pinning service on loopback that pins for real: the vendor-neutral API over HTTP, and a libp2p node that fetches the
 * blocks from the given origins over bitswap, keeps them in a folder and serves them.
 */
import { createHost } from '@parley/adapter-network-libp2p'
import { createIpfsReader, createSelfHostedStorage } from '@parley/adapter-storage-helia'
import type { BlockReaderPort, BlockStoragePort, LogPort } from '@parley/engine'
import type { Fault } from '@parley/engine/contract'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const ACCESS_TOKEN = 'test-access-token'
const quietLog: LogPort = { log(): void {} }
const never = (): AbortSignal => new AbortController().signal

interface Pinned {
  readonly requestid: string
  readonly created: string
  readonly pin: { readonly cid: string; readonly origins?: readonly string[] }
  status: string
  info: Record<string, string>
}

export type Door = 'open' | 'silent' | 'full' | 'revoked' | 'slow'

export interface PinningService {
  readonly endpoint: string
  /** `slow`: takes requests and does nothing about them until it is open again. */
  door: Door
  /** Whether it says which peers serve. */
  namesPeers: boolean
  readonly peers: readonly string[]
  /** What was asked, `POST /pins`. */
  readonly requests: readonly string[]
  /** What the pins know of us. */
  readonly pins: ReadonlyMap<string, Pinned>
  readonly down: Fault
  dispose(): Promise<void>
}

export async function startPinningService(): Promise<PinningService> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-pins-'))
  const host = await createHost({
    seed: randomBytes(32),
    listen: ['/ip4/127.0.0.1/tcp/0'],
    dhtMode: 'server',
    connectionsMax: 50,
  })
  const storage = await createSelfHostedStorage({ folder, libp2p: host, log: quietLog })
  const reader = createIpfsReader({ libp2p: host, log: quietLog, timeoutMs: 3_000 })
  const service = new Service(storage, reader, host.getMultiaddrs().map(String))
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    service.serve(request, response).catch(() => response.destroy())
  }
  let server = createServer(listener)
  const port = await listen(server, 0)
  return Object.assign(service, {
    endpoint: `http://127.0.0.1:${port}/psa`,
    down: async () => {
      await close(server)
      return async () => {
        server = createServer(listener)
        await listen(server, port)
      }
    },
    async dispose() {
      await close(server)
      await Promise.all([storage.stop(), reader.stop()])
      await host.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  })
}

class Service {
  readonly pins = new Map<string, Pinned>()
  readonly requests: string[] = []
  readonly peers: readonly string[]
  namesPeers = true
  readonly #storage: BlockStoragePort
  readonly #reader: BlockReaderPort
  #door: Door = 'open'

  constructor(storage: BlockStoragePort, reader: BlockReaderPort, peers: readonly string[]) {
    this.#storage = storage
    this.#reader = reader
    this.peers = peers
  }

  get door(): Door {
    return this.#door
  }

  set door(door: Door) {
    this.#door = door
    if (door === 'open') for (const pin of this.pins.values()) if (pin.status === 'queued') void this.#work(pin)
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(Buffer.from(chunk))
    const url = new URL(request.url ?? '', 'http://localhost')
    const [, base, collection, id] = url.pathname.split('/')
    this.requests.push(`${request.method} /${collection}`)
    if (this.#door === 'silent') return
    if (base !== 'psa' || collection !== 'pins') return refuse(response, 404, 'NOT_FOUND')
    if (this.#door === 'revoked' || request.headers.authorization !== `Bearer ${ACCESS_TOKEN}`) {
      return refuse(response, 401, 'UNAUTHORIZED')
    }
    if (id !== undefined) return this.#one(request.method, id, response)
    if (request.method === 'POST') return this.#add(JSON.parse(Buffer.concat(chunks).toString('utf8')), response)
    const found = this.#find(url.searchParams)
    say(response, 200, {
      count: found.length,
      results: found.slice(0, Number(url.searchParams.get('limit') ?? 10)).map((pin) => this.#answer(pin)),
    })
  }

  #find(query: URLSearchParams): readonly Pinned[] {
    const cids = new Set(query.get('cid')?.split(','))
    const statuses = new Set((query.get('status') ?? 'pinned').split(','))
    return [...this.pins.values()].filter(({ pin, status }) => cids.has(pin.cid) && statuses.has(status)).toReversed()
  }

  #add(pin: Pinned['pin'], response: ServerResponse): void {
    if (this.#door === 'full') return refuse(response, 409, 'INSUFFICIENT_FUNDS')
    const pinned = { requestid: randomUUID(), created: new Date().toISOString(), pin, status: 'queued', info: {} }
    this.pins.set(pinned.requestid, pinned)
    if (this.#door === 'open') void this.#work(pinned)
    say(response, 202, this.#answer(pinned))
  }

  async #one(method: string | undefined, id: string, response: ServerResponse): Promise<void> {
    const pinned = this.pins.get(id)
    if (pinned === undefined) return refuse(response, 404, 'NOT_FOUND')
    if (method !== 'DELETE') return say(response, 200, this.#answer(pinned))
    this.pins.delete(id)
    const { cid } = pinned.pin
    if (![...this.pins.values()].some(({ pin }) => pin.cid === cid)) await this.#storage.remove(cid, never())
    response.writeHead(202).end()
  }

  /** Fetches from the first origin that has it. */
  async #work(pinned: Pinned): Promise<void> {
    const { cid, origins = [] } = pinned.pin
    pinned.status = 'pinning'
    const reasons: string[] = []
    for (const origin of origins) {
      try {
        const block = await this.#reader.read(origin, cid, never())
        if (block === undefined) continue
        await this.#storage.store(cid, block, never())
        pinned.status = 'pinned'
        return
      } catch (error) {
        reasons.push(String(error))
      }
    }
    pinned.status = 'failed'
    pinned.info = { status_details: `no origin gave the block: ${reasons.join(', ')}` }
  }

  #answer({ requestid, created, pin, status, info }: Pinned): unknown {
    return { requestid, created, pin, status, info, delegates: this.namesPeers ? this.peers : [] }
  }
}

function say(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

const refuse = (response: ServerResponse, status: number, reason: string): void =>
  say(response, status, { error: { reason, details: 'as the service puts it' } })

function listen(server: Server, port: number): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  server.listen(port, '127.0.0.1', () => {
    const address = server.address()
    resolve(typeof address === 'object' ? (address?.port ?? 0) : 0)
  })
  return promise
}

function close(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => void server.close(() => resolve()))
}
