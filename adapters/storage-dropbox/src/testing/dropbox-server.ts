/**
 * A server on loopback that speaks what this adapter uses of the Dropbox API: routes, headers, tags and summaries of
 * errors as in https://www.dropbox.com/developers/documentation/http, and the hosts that serve shared links.
 */
import type { Fault } from '@parley/engine/contract'
import { createHash, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'

export const ACCESS_TOKEN = 'sl.test-access-token'
export const REFRESH_TOKEN = 'test-refresh-token'
export const CLIENT_ID = 'test-client'

interface File {
  readonly bytes: Buffer
  readonly id: string
  link: string | undefined
}

/** What the server does instead of answering. */
export type Door =
  | { readonly type: 'open' }
  | { readonly type: 'silent' }
  | { readonly type: 'full' }
  | { readonly type: 'revoked' }
  | { readonly type: 'busy'; readonly status: number; readonly retryAfterSeconds: number | undefined }

export interface DropboxServer {
  /** Sends what is for Dropbox here. Anything else is a fault of the test. */
  readonly fetch: typeof fetch
  door: Door
  /** `path` of each API request. */
  readonly requests: readonly string[]
  /** Whether the answer that a link exists says which. */
  tellsExistingLink: boolean
  readonly files: ReadonlyMap<string, File>
  readonly down: Fault
  dispose(): Promise<void>
}

const HOSTS: ReadonlySet<string> = new Set([
  'api.dropboxapi.com',
  'content.dropboxapi.com',
  'www.dropbox.com',
  'dl.dropboxusercontent.com',
])
const BLOCK_BYTES = 4 * 1_048_576

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()

/** The real algorithm, over any number of blocks. */
function contentHash(bytes: Buffer): string {
  const hashes: Buffer[] = []
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) hashes.push(sha256(bytes.subarray(at, at + BLOCK_BYTES)))
  return sha256(Buffer.concat(hashes)).toString('hex')
}

export async function startDropbox(): Promise<DropboxServer> {
  const files = new Map<string, File>()
  const requests: string[] = []
  const state: { door: Door; tellsExistingLink: boolean } = { door: { type: 'open' }, tellsExistingLink: true }
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(request)
    const host = request.headers['x-host']
    const path = request.url ?? ''
    if (host === 'dl.dropboxusercontent.com' || host === 'www.dropbox.com') return download(files, path, response)
    requests.push(path)
    const { door } = state
    if (door.type === 'silent') return
    if (door.type === 'busy') {
      const headers = door.retryAfterSeconds === undefined ? {} : { 'retry-after': String(door.retryAfterSeconds) }
      return say(
        response,
        door.status,
        { error_summary: 'too_many_requests/..', error: { '.tag': 'too_many_requests' } },
        headers,
      )
    }
    if (path.startsWith('/oauth2/token')) return token(new URL(path, 'http://x').searchParams, door, response)
    if (request.headers.authorization !== `Bearer ${ACCESS_TOKEN}` || door.type === 'revoked') {
      return say(response, 401, tagged('invalid_access_token'))
    }
    api(files, state, path, request, body, response)
  }
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    serve(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined))
  }
  let server = createServer(listener)
  const port = await listen(server, 0)
  return {
    get door() {
      return state.door
    },
    set door(door) {
      state.door = door
    },
    get tellsExistingLink() {
      return state.tellsExistingLink
    },
    set tellsExistingLink(tells) {
      state.tellsExistingLink = tells
    },
    files,
    requests,
    fetch: (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input)
      if (url.protocol !== 'https:' || !HOSTS.has(url.hostname)) throw new Error(`nobody asks ${url.origin}`)
      const headers = new Headers(init?.headers)
      headers.set('x-host', url.hostname)
      return fetch(`http://127.0.0.1:${port}${url.pathname}${url.search}`, { ...init, headers })
    },
    down: async () => {
      await close(server)
      return async () => {
        server = createServer(listener)
        await listen(server, port)
      }
    },
    dispose: () => close(server),
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

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

const tagged = (...tags: readonly string[]): unknown => ({
  error_summary: `${tags.join('/')}/..`,
  error: tags
    .toReversed()
    .reduce<unknown>((inner, tag) => ({ '.tag': tag, ...(inner === undefined ? {} : { [tag]: inner }) }), undefined),
})

function say(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

function token(query: URLSearchParams, door: Door, response: ServerResponse): void {
  const isGood = query.get('grant_type') === 'refresh_token' && query.get('client_id') === CLIENT_ID
  if (door.type === 'revoked' || !isGood || query.get('refresh_token') !== REFRESH_TOKEN) {
    return say(response, 400, { error: 'invalid_grant', error_description: 'refresh token is invalid or revoked' })
  }
  say(response, 200, { access_token: ACCESS_TOKEN, token_type: 'bearer', expires_in: 14_400 })
}

/** What a person's browser or a reader gets for a link: bytes for `dl=1`, and nothing without the key in the link. */
function download(files: ReadonlyMap<string, File>, path: string, response: ServerResponse): void {
  const url = new URL(path, 'https://www.dropbox.com')
  for (const { link, bytes } of files.values()) {
    const shared = link === undefined ? undefined : new URL(link)
    if (shared?.pathname !== url.pathname) continue
    if (shared.searchParams.get('rlkey') !== url.searchParams.get('rlkey')) return void response.writeHead(403).end()
    if (url.searchParams.get('dl') !== '1')
      return void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>')
    return void response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(bytes)
  }
  response.writeHead(404).end()
}

function api(
  files: Map<string, File>,
  state: { readonly door: Door; readonly tellsExistingLink: boolean },
  route: string,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): void {
  const header = request.headers['dropbox-api-arg']
  const text = typeof header === 'string' ? header : body.toString('utf8')
  const argument: { readonly path: string; readonly mode?: { '.tag': string }; readonly content_hash?: string } =
    JSON.parse(text)
  const file = files.get(argument.path)
  const metadata = (path: string, { bytes, id }: File): object => ({
    '.tag': 'file',
    name: path.split('/').at(-1),
    path_display: path,
    id,
    size: bytes.length,
    content_hash: contentHash(bytes),
  })
  if (route === '/2/files/upload') {
    if (request.headers['content-type'] !== 'application/octet-stream') return say(response, 400, 'bad content type')
    if (state.door.type === 'full') return say(response, 409, tagged('path', 'insufficient_space'))
    if (argument.content_hash !== undefined && argument.content_hash !== contentHash(body)) {
      return say(response, 409, tagged('content_hash_mismatch'))
    }
    if (file !== undefined && argument.mode?.['.tag'] !== 'overwrite')
      return say(response, 409, tagged('path', 'conflict', 'file'))
    const stored = { bytes: body, id: file?.id ?? `id:${randomBytes(8).toString('hex')}`, link: file?.link }
    files.set(argument.path, stored)
    return say(response, 200, metadata(argument.path, stored))
  }
  const lookup = route === '/2/files/delete_v2' ? 'path_lookup' : 'path'
  if (file === undefined) return say(response, 409, tagged(lookup, 'not_found'))
  switch (route) {
    case '/2/files/get_metadata':
      return say(response, 200, metadata(argument.path, file))
    case '/2/files/delete_v2':
      files.delete(argument.path)
      return say(response, 200, { metadata: metadata(argument.path, file) })
    case '/2/sharing/create_shared_link_with_settings': {
      if (file.link === undefined) {
        const name = argument.path.split('/').at(-1)
        file.link = `https://www.dropbox.com/scl/fi/${randomBytes(8).toString('hex')}/${name}?rlkey=${randomBytes(8).toString('hex')}&dl=0`
        return say(response, 200, { '.tag': 'file', url: file.link })
      }
      const existing = state.tellsExistingLink
        ? { shared_link_already_exists: { '.tag': 'metadata', metadata: { '.tag': 'file', url: file.link } } }
        : {}
      const error = { '.tag': 'shared_link_already_exists', ...existing }
      return say(response, 409, { error_summary: 'shared_link_already_exists/..', error })
    }
    case '/2/sharing/list_shared_links':
      return say(response, 200, { links: [{ '.tag': 'file', url: file.link }], has_more: false })
    default:
      return say(response, 400, `unknown route ${route}`)
  }
}
