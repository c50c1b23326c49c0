/** IPNS, opened when there is a public profile to publish or to find under its name. Spec: PFX-8, PFX-13. */
import { PROFILE_LOOKUP_TIMEOUT_MS } from '@parley/core'
import type { Context } from '../context.ts'
import type { Ports } from '../ports/index.ts'
import type { NameServicePort } from '../ports/profiles.ts'
import { within } from './within.ts'

/** A record has to reach a score of peers, one after the other where they are slow. */
const PUBLISH_TIMEOUT_MS = 120_000

export class Names {
  readonly #context: () => Context
  readonly #open: Ports['openNames']
  readonly #stopping = new AbortController()
  #port: Promise<NameServicePort> | undefined

  constructor(context: () => Context, open: Ports['openNames']) {
    this.#context = context
    this.#open = open
  }

  get isThere(): boolean {
    return this.#open !== undefined
  }

  /** @throws PortError `UNREACHABLE`; the abort reason. */
  async publish(seed: Uint8Array, block: Uint8Array, sequence: number): Promise<void> {
    const port = await this.#opened()
    if (port === undefined) return
    await within(this.#context().clock, [this.#stopping.signal], PUBLISH_TIMEOUT_MS, (signal) =>
      port.publish(seed, block, sequence, signal),
    )
  }

  /** `undefined` when there is nothing, or nobody to ask. @throws the abort reason. */
  async resolve(publicKey: Uint8Array, signal: AbortSignal): Promise<Uint8Array | undefined> {
    const port = await this.#opened()
    if (port === undefined) return undefined
    const parents = [signal, this.#stopping.signal]
    return within(this.#context().clock, parents, PROFILE_LOOKUP_TIMEOUT_MS, (deadline) =>
      port.resolve(publicKey, deadline),
    )
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the engine stops'))
    const port = await this.#port?.catch(() => undefined)
    await port?.stop()
  }

  #opened(): Promise<NameServicePort | undefined> {
    if (this.#stopping.signal.aborted || this.#open === undefined) return Promise.resolve(undefined)
    if (this.#port === undefined) {
      this.#port = this.#open()
      // Tried again by the next who needs it.
      this.#port.catch(() => (this.#port = undefined))
    }
    return this.#port
  }
}
