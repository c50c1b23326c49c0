/** The requests of the Pinning Service API that this adapter needs, each bounded in time, with checked answers. */
import type * as Client from '@ipfs-shipyard/pinning-service-client'
import { withDeadline } from './deadline.ts'
import { RefusedAnswer, field, readRefusal } from './pinning-errors.ts'

const REQUEST_TIMEOUT_MS = 30_000
/** Pins of one block that are looked at with one request. */
const PINS_PER_PAGE = 100
const ADDRESSES_MAX = 16

/** One request to pin, as the service sees it. */
export interface Pin {
  readonly id: string
  readonly status: 'queued' | 'pinning' | 'pinned' | 'failed'
  /** Multiaddrs of the service's peers, each with `/p2p/` at the end. */
  readonly delegates: readonly string[]
  /** In the service's words. */
  readonly details: string
}

export interface PinsOptions {
  /** `https://api.pinata.cloud/psa`: before `/pins`. */
  readonly endpoint: string
  readonly accessToken: string
  readonly fetch?: typeof fetch
}

interface Loaded {
  readonly api: Client.RemotePinningServiceClientInterface
  readonly sdk: typeof Client
}

export class Pins {
  readonly #options: PinsOptions
  #loading: Promise<Loaded> | undefined

  constructor(options: PinsOptions) {
    this.#options = options
  }

  /** Pins of `cid` in any state, newest first; at most PINS_PER_PAGE. */
  async list(cid: string, signal: AbortSignal): Promise<readonly Pin[]> {
    return this.#call(signal, async ({ api, sdk: { Status } }, init) => {
      const status = [Status.Queued, Status.Pinning, Status.Pinned, Status.Failed]
      const { results } = await api.pinsGet({ cid: [cid], status, limit: PINS_PER_PAGE }, init)
      return results.filter(({ pin }) => pin.cid === cid).map(checkedPin)
    })
  }

  async add(cid: string, origins: readonly string[], signal: AbortSignal): Promise<Pin> {
    return this.#call(signal, async ({ api }, init) =>
      checkedPin(await api.pinsPost({ pin: { cid, origins: [...origins] } }, init)),
    )
  }

  async get(id: string, signal: AbortSignal): Promise<Pin> {
    return this.#call(signal, async ({ api }, init) => checkedPin(await api.pinsRequestidGet({ requestid: id }, init)))
  }

  /** Gone already counts as removed. */
  async remove(id: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#call(signal, ({ api }, init) => api.pinsRequestidDelete({ requestid: id }, init))
    } catch (error) {
      if (!(error instanceof RefusedAnswer) || error.status !== 404) throw error
    }
  }

  async #call<T>(signal: AbortSignal, work: (loaded: Loaded, init: RequestInit) => Promise<T>): Promise<T> {
    this.#loading ??= this.#load()
    const loaded = await this.#loading
    try {
      // no redirect may carry the token elsewhere
      return await withDeadline([signal], REQUEST_TIMEOUT_MS, (deadline) =>
        work(loaded, { signal: deadline, redirect: 'error' }),
      )
    } catch (error) {
      throw error instanceof Response ? await readRefusal(error) : error
    }
  }

  async #load(): Promise<Loaded> {
    const sdk = await import('@ipfs-shipyard/pinning-service-client')
    const { endpoint, accessToken, fetch: get = fetch } = this.#options
    const endpointUrl = endpoint.replace(/\/+$/, '')
    return {
      api: new sdk.RemotePinningServiceClient(new sdk.Configuration({ endpointUrl, accessToken, fetchApi: get })),
      sdk,
    }
  }
}

/** @throws Error for an answer that is not one: the client checks nothing. */
function checkedPin(answer: unknown): Pin {
  const id = field(answer, 'requestid')
  const status = field(answer, 'status')
  if (typeof id !== 'string' || id === '' || !isStatus(status)) throw new Error('the answer is not the state of a pin')
  const delegates = field(answer, 'delegates')
  const addresses = (Array.isArray(delegates) ? delegates : []).filter(isPeerAddress)
  const details = field(field(answer, 'info'), 'status_details')
  return {
    id,
    status,
    delegates: addresses.slice(0, ADDRESSES_MAX),
    details: typeof details === 'string' ? details.slice(0, 200) : 'no details',
  }
}

const isStatus = (value: unknown): value is Pin['status'] =>
  value === 'queued' || value === 'pinning' || value === 'pinned' || value === 'failed'

const isPeerAddress = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= 512 && /^\/.+\/p2p\/[^/]+$/.test(value)
