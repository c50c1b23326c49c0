/** A port of the router that leads to us, renewed while it is wanted and given back at the end. Spec: NET-14. */
import { addressScope, PORT_MAPPING_AGAIN_MS, PORT_MAPPING_LIFETIME_MS, PORT_MAPPING_SEARCH_MS } from '@parley/core'
import type { Cancel, LogPort, PortMappingStatus } from '@parley/engine'
import { after, withDeadline } from '../deadline.ts'

/** At the end, the router has this long to forget us. */
const RELEASE_TIMEOUT_MS = 1_000
const ROUTERS_MAX = 4

export interface MappedPort {
  /** IPv4 address of the router, outside. */
  readonly host: string
  readonly port: number
  /** How long it keeps it; 0: until it forgets. */
  readonly lifetimeMs: number
}

export interface Router {
  /** Forwards TCP connections to `port` of ours; again: for longer. @throws Error in words when the router refuses. */
  map(port: number, signal: AbortSignal): Promise<MappedPort>
  /** Undoes {@link map}. */
  unmap(signal: AbortSignal): Promise<void>
}

export interface RouterSearch {
  /** Routers as they answer; ends with `signal`, and when nobody else can answer. */
  find(signal: AbortSignal): AsyncIterable<Router>
}

export interface PortMappingOptions {
  readonly routers: RouterSearch
  readonly log: LogPort
  /** The status changed. */
  readonly onChange: () => void
  /** Default: the timers of the platform. */
  readonly after?: (delayMs: number, fire: () => void) => Cancel
}

/** One port, mapped from `start` to `stop`. */
export class PortMapping {
  readonly #options: PortMappingOptions
  readonly #after: (delayMs: number, fire: () => void) => Cancel
  #status: PortMappingStatus = { state: 'off' }
  #router: Router | undefined
  #controller: AbortController | undefined
  #cancel: Cancel = () => undefined
  #work: Promise<void> = Promise.resolve()

  constructor(options: PortMappingOptions) {
    this.#options = options
    this.#after = options.after ?? after
  }

  get status(): PortMappingStatus {
    return this.#status
  }

  /** Asks for `port` from now on; begins anew when it was started already, as after a change of the network. */
  start(port: number): void {
    const controller = new AbortController()
    this.#end()
    this.#controller = controller
    this.#set({ state: 'searching' })
    this.#queue(async () => {
      await this.#release()
      await this.#obtain(port, controller.signal)
    })
  }

  /** Resolves when the router was told, or had its time. */
  async stop(): Promise<void> {
    this.#end()
    this.#queue(() => this.#release())
    await this.#work
    this.#set({ state: 'off' })
  }

  #end(): void {
    this.#controller?.abort(new Error('not wanted any more'))
    this.#controller = undefined
    this.#cancel()
  }

  #queue(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch((error: unknown) => {
      this.#options.log.log('warn', 'the port of the router was not looked after', { error: String(error) })
    })
  }

  async #obtain(port: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    let nextMs = PORT_MAPPING_AGAIN_MS
    try {
      const mapped = await withDeadline(signal, PORT_MAPPING_SEARCH_MS, (within) => this.#search(port, within))
      nextMs = this.#mapped(mapped)
    } catch (error) {
      if (signal.aborted) return
      this.#options.log.log('debug', 'no port was mapped', { error: String(error) })
      this.#set({ state: 'failed', reason: error instanceof Refused ? error.message : NOBODY })
    }
    this.#later(nextMs, port, signal)
  }

  /** The same router for longer; if it is gone or says no, all of them are asked. Routers restart, and move. */
  async #renew(port: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    const router = this.#router
    const mapped =
      router &&
      (await withDeadline(signal, PORT_MAPPING_SEARCH_MS, (within) => router.map(port, within)).catch(() => undefined))
    if (mapped !== undefined && isOutside(mapped)) return this.#later(this.#mapped(mapped), port, signal)
    this.#router = undefined
    return this.#obtain(port, signal)
  }

  #later(delayMs: number, port: number, signal: AbortSignal): void {
    if (signal.aborted) return
    this.#cancel = this.#after(delayMs, () => this.#queue(() => this.#renew(port, signal)))
  }

  /** @returns when to ask again. */
  #mapped(mapped: MappedPort): number {
    this.#set({ state: 'mapped', address: addressOf(mapped) })
    const lifetimeMs = mapped.lifetimeMs > 0 ? mapped.lifetimeMs : PORT_MAPPING_LIFETIME_MS
    return Math.min(PORT_MAPPING_AGAIN_MS, lifetimeMs / 2)
  }

  async #search(port: number, signal: AbortSignal): Promise<MappedPort> {
    let refused: Refused | undefined
    let count = 0
    for await (const router of this.#options.routers.find(signal)) {
      count += 1
      try {
        const mapped = await router.map(port, signal)
        if (isOutside(mapped)) {
          this.#router = router
          return mapped
        }
        refused = new Refused(`The router is behind another one: its own address is ${mapped.host}.`)
        await unmap(router)
      } catch (error) {
        if (!(error instanceof NoAnswer))
          refused ??= new Refused(`The router refused: ${error instanceof Error ? error.message : String(error)}`)
      }
      if (count === ROUTERS_MAX) break
    }
    throw refused ?? new Error(NOBODY)
  }

  async #release(): Promise<void> {
    const router = this.#router
    this.#router = undefined
    if (router !== undefined) await unmap(router)
  }

  #set(status: PortMappingStatus): void {
    const { state, address, reason } = this.#status
    if (state === status.state && address === status.address && reason === status.reason) return
    this.#status = status
    this.#options.onChange()
  }
}

const NOBODY = 'No router on this network opens ports by itself.'

/** A router that is none, or does not speak this. */
export class NoAnswer extends Error {}

class Refused extends Error {}

const addressOf = ({ host, port }: MappedPort): string => `/ip4/${host}/tcp/${port}`
const isOutside = (mapped: MappedPort): boolean => addressScope(addressOf(mapped)) === 'anywhere'

const unmap = (router: Router): Promise<void> =>
  router.unmap(AbortSignal.timeout(RELEASE_TIMEOUT_MS)).catch(() => undefined)
