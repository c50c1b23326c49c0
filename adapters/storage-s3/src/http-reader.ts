/** Reads blocks by a plain GET, from places that the configuration names and nowhere else. Spec: BLK-9, BLK-10. */
import { ENVELOPE_BYTES_MAX, isBlockOf, parseCid } from '@parley/core'
import { PortError } from '@parley/engine'
import type { BlockReaderPort } from '@parley/engine'
import { withDeadline, type After } from './deadline.ts'

/** From the request to the last byte. */
export const HTTP_READ_TIMEOUT_MS = 20_000
export const HTTP_LOCATION_LENGTH_MAX = 2_048
const REDIRECTS_MAX = 4
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
/** Not now, rather than not at all. */
const BUSY: ReadonlySet<number> = new Set([408, 425, 429])

export interface HttpReaderOptions {
  /**
   * `https://blocks.example.org`, `https://*.example.org` for every name under it, `http://127.0.0.1:9000` on this machine.
   * @see createHttpReader
   */
  readonly allowedOrigins: readonly string[]
  /** Default HTTP_READ_TIMEOUT_MS. */
  readonly timeoutMs?: number
  /** Default this machine's timers. */
  readonly after?: After
  /** Default the platform's, which connects directly: a node behind Tor passes one that does not, or has no such reader. */
  readonly fetch?: typeof fetch
}

/**
 * Sends no cookie, no credential and no referrer. Follows redirects only to allowed origins.
 * @throws Error for an origin that is no origin, or one in clear text that is not this machine.
 */
export function createHttpReader(options: HttpReaderOptions): BlockReaderPort {
  const { timeoutMs = HTTP_READ_TIMEOUT_MS, fetch: get = fetch } = options
  const allowed = new AllowedOrigins(options.allowedOrigins)
  const stopping = new AbortController()
  return {
    canRead: (location) => allowed.parse(location) !== undefined,
    async read(location, cid, signal) {
      signal.throwIfAborted()
      const key = parseCid(cid)
      const url = allowed.parse(location)
      if (key === undefined || url === undefined) return undefined
      try {
        const take = async (deadline: AbortSignal) => {
          const response = await follow(get, url, allowed, deadline)
          const block = response === undefined ? undefined : await takeBody(response)
          return block !== undefined && isBlockOf(key, block) ? block : undefined
        }
        return await withDeadline([signal, stopping.signal], timeoutMs, take, options.after)
      } catch (error) {
        signal.throwIfAborted()
        if (error instanceof PortError) throw error
        throw new PortError('STORAGE_UNREACHABLE', 'the place that holds the block does not answer', true, {
          cause: error,
        })
      }
    },
    async stop() {
      stopping.abort(new Error('this reader has stopped'))
    },
  }
}

/** The answer that has the block, or `undefined` when the place does not have it or sends us where we do not go. */
async function follow(
  get: typeof fetch,
  first: URL,
  allowed: AllowedOrigins,
  signal: AbortSignal,
): Promise<Response | undefined> {
  let url = first
  for (let hop = 0; hop <= REDIRECTS_MAX; hop++) {
    const response = await get(url, { redirect: 'manual', credentials: 'omit', referrerPolicy: 'no-referrer', signal })
    if (response.status === 200) return response
    await response.body?.cancel()
    if (response.status >= 500 || BUSY.has(response.status)) {
      throw new PortError('STORAGE_UNREACHABLE', `the place that holds the block answers ${response.status}`, true)
    }
    if (!REDIRECTS.has(response.status)) return undefined
    const next = allowed.parse(response.headers.get('location') ?? '', url)
    if (next === undefined) return undefined
    url = next
  }
  return undefined
}

/** Fresh memory; `undefined` for more than an envelope, of which no more is read. */
async function takeBody(response: Response): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = response.body?.getReader()
  for (;;) {
    const next = await reader?.read()
    if (next === undefined || next.done) return new Uint8Array(Buffer.concat(chunks))
    length += next.value.length
    if (length > ENVELOPE_BYTES_MAX) {
      await reader?.cancel()
      return undefined
    }
    chunks.push(next.value)
  }
}

class AllowedOrigins {
  readonly #origins = new Set<string>()
  /** `https:` and a suffix that begins with a dot, and the port. */
  readonly #suffixes: { readonly suffix: string; readonly port: string }[] = []

  constructor(origins: readonly string[]) {
    for (const text of origins) {
      const isWildcard = text.startsWith('https://*.')
      const url = URL.parse(isWildcard ? text.replace('*.', '') : text)
      if (url === null || url.pathname !== '/' || url.search !== '' || url.hash !== '' || !isUsable(url)) {
        throw new Error(`${text} is not an origin that blocks can be read from`)
      }
      if (isWildcard) this.#suffixes.push({ suffix: `.${url.hostname}`, port: url.port })
      else this.#origins.add(url.origin)
    }
  }

  /** The URL, when it may be asked. Any text; relative to `base` if there is one. */
  parse(text: string, base?: URL): URL | undefined {
    if (text.length > HTTP_LOCATION_LENGTH_MAX) return undefined
    const url = URL.parse(text, base)
    if (url === null || !isUsable(url)) return undefined
    if (this.#origins.has(url.origin)) return url
    const isUnder = this.#suffixes.some(
      ({ suffix, port }) => url.protocol === 'https:' && url.port === port && url.hostname.endsWith(suffix),
    )
    return isUnder ? url : undefined
  }
}

/** In clear text on this machine only; never with a name and a password in it. */
function isUsable(url: URL): boolean {
  if (url.username !== '' || url.password !== '' || url.hostname.includes('*')) return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))
}

const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
