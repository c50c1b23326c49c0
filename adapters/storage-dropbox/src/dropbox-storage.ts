/** Blocks in the own Dropbox, read by anybody who has the link. Spec: BLK-13. */
import { assertBlock, digestOfCid, parseCid } from '@parley/core'
import { PortError } from '@parley/engine'
import type { BlockStoragePort } from '@parley/engine'
import type { Dropbox } from 'dropbox'
import { createHash } from 'node:crypto'
import { withDeadline } from './deadline.ts'
import { answerOf, field, isMissing, toPortError } from './dropbox-errors.ts'

const CALL_TIMEOUT_MS = 60_000
const LINK_HOST = 'www.dropbox.com'
/** Answers with the bytes themselves, without a page and without a redirect. */
const DOWNLOAD_HOST = 'dl.dropboxusercontent.com'

export interface DropboxStorageOptions {
  /** `accessToken` lasts for hours; `refreshToken` with the `clientId` of the app until a person takes it back. */
  readonly credentials:
    | { readonly accessToken: string }
    | { readonly refreshToken: string; readonly clientId: string; readonly clientSecret?: string }
  /** Begins with `/`. Default `/parley`; in an app with a folder of its own that is inside of it. */
  readonly folder?: string
  /** Default the platform's. A node behind Tor passes one that does not connect directly. */
  readonly fetch?: typeof fetch
  /** Monotonic, in milliseconds. Default `performance.now`. */
  readonly now?: () => number
}

/**
 * The SDK is loaded with the first call. When Dropbox asks for a pause, calls fail without asking it until that is over.
 * A block costs two requests to store, one to look for and one to remove.
 */
export function createDropboxStorage(options: DropboxStorageOptions): BlockStoragePort {
  const { folder = '/parley' } = options
  const calls = new Calls(options)
  const pathOf = (cid: string): string => `${folder}/${cid}`
  return {
    kind: 'dropbox',
    async store(cid, block, signal) {
      signal.throwIfAborted()
      assertBlock(cid, block)
      const path = pathOf(cid)
      return calls.run(signal, 'storing a block', async (dropbox, call) => {
        const mode = { '.tag': 'overwrite' } as const
        await dropbox.filesUpload({ path, mode, mute: true, contents: block }, call)
        return [downloadUrl(await sharedLink(dropbox, path, call))]
      })
    },
    async has(cid, signal) {
      signal.throwIfAborted()
      const key = parseCid(cid)
      if (key === undefined) return false
      return calls.run(signal, 'looking for a block', async (dropbox, call) => {
        try {
          const { result } = await dropbox.filesGetMetadata({ path: pathOf(cid) }, call)
          return result['.tag'] === 'file' && result.content_hash === contentHash(digestOfCid(key))
        } catch (error) {
          if (isMissing(answerOf(error))) return false
          throw error
        }
      })
    },
    async remove(cid, signal) {
      signal.throwIfAborted()
      if (parseCid(cid) === undefined) return
      await calls.run(signal, 'removing a block', async (dropbox, call) => {
        try {
          await dropbox.filesDeleteV2({ path: pathOf(cid) }, call)
        } catch (error) {
          if (!isMissing(answerOf(error))) throw error
        }
      })
    },
    stop: () => calls.stop(),
  }
}

interface Call {
  readonly signal: AbortSignal
}

/** The link of the file, made now or before. */
async function sharedLink(dropbox: Dropbox, path: string, call: Call): Promise<string> {
  try {
    return (await dropbox.sharingCreateSharedLinkWithSettings({ path }, call)).result.url
  } catch (error) {
    const answer = answerOf(error)
    if (answer?.status !== 409 || !answer.summary.startsWith('shared_link_already_exists')) throw error
    const metadata = field(field(answer.error, 'shared_link_already_exists'), 'metadata')
    const known = field(metadata, 'url')
    if (typeof known === 'string') return known
    const [link] = (await dropbox.sharingListSharedLinks({ path, direct_only: true }, call)).result.links
    if (link === undefined) throw error
    return link.url
  }
}

function downloadUrl(link: string): string {
  const url = new URL(link)
  if (url.hostname === LINK_HOST) url.hostname = DOWNLOAD_HOST
  url.searchParams.set('dl', '1')
  return url.href
}

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
const NOTHING = sha256(new Uint8Array()).toString('hex')

/**
 * Dropbox hashes the hashes of each 4 MiB; a block is within the first. So `has` compares bytes without fetching them.
 * https://www.dropbox.com/developers/reference/content-hash
 */
function contentHash(digest: Uint8Array): string {
  const isEmpty = Buffer.from(digest).toString('hex') === NOTHING
  return isEmpty ? NOTHING : sha256(digest).toString('hex')
}

/** Loads the SDK once and keeps the pauses that Dropbox asked for. */
class Calls {
  readonly #options: DropboxStorageOptions
  readonly #now: () => number
  #loading: Promise<Dropbox> | undefined
  readonly #stopping = new AbortController()
  #pauseUntilMs = Number.NEGATIVE_INFINITY

  constructor(options: DropboxStorageOptions) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
  }

  /** Ends every call. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('this storage has stopped'))
  }

  async run<T>(signal: AbortSignal, doing: string, work: (dropbox: Dropbox, call: Call) => Promise<T>): Promise<T> {
    signal.throwIfAborted()
    if (this.#now() < this.#pauseUntilMs) {
      throw new PortError('STORAGE_UNREACHABLE', `Dropbox asked for a pause, which is not over, before ${doing}`, true)
    }
    try {
      return await withDeadline([signal, this.#stopping.signal], CALL_TIMEOUT_MS, async (deadline) => {
        this.#loading ??= load(this.#options)
        return work(await this.#loading, { signal: deadline })
      })
    } catch (error) {
      signal.throwIfAborted()
      const pauseMs = answerOf(error)?.retryAfterMs
      if (pauseMs !== undefined) this.#pauseUntilMs = this.#now() + pauseMs
      throw error instanceof PortError ? error : toPortError(error, doing)
    }
  }
}

async function load({ credentials, fetch: get = fetch }: DropboxStorageOptions): Promise<Dropbox> {
  const sdk = await import('dropbox')
  // the SDK refreshes its token without a signal
  const bounded: typeof fetch = (url, init) =>
    get(url, { ...init, signal: init?.signal ?? AbortSignal.timeout(CALL_TIMEOUT_MS) })
  return new sdk.Dropbox({ ...credentials, fetch: bounded })
}
