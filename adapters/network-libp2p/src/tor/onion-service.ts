/** Our onion service: published as long as we run, again after Tor restarted, gone when we stop. Spec: TOR-6, TOR-9. */
import { randomInt } from 'node:crypto'
import type { LogPort } from '@parley/engine'
import { after } from '../deadline.ts'
import { createKeeper } from '../keeper.ts'
import type { Keeper } from '../keeper.ts'
import type { ControlReply } from './control-codec.ts'
import { ControlPort } from './control-port.ts'
import type { Endpoint } from './endpoint.ts'
import type { OnionKey } from './onion-key.ts'

/** The port in every onion address of ours: alike for all, whatever the node listens on. */
export const ONION_PORT = 4_001
const NAME = 'onion'
const RANDOM_STEPS = 2 ** 32
/** How long a stop waits for Tor to say that the service is gone; ending the connection takes it down as well. */
const FAREWELL_MS = 500

export const onionAddress = ({ serviceId }: OnionKey): string => `/onion3/${serviceId}:${ONION_PORT}`

export interface OnionServiceOptions {
  readonly control: Endpoint
  readonly password: string | undefined
  readonly key: OnionKey
  /** Port on 127.0.0.1 that takes what comes to the service. */
  readonly targetPort: number
  readonly log: LogPort
}

export class OnionService {
  /** Called when {@link isReachable} changed. */
  onChange: () => void = () => undefined
  readonly #options: OnionServiceOptions
  readonly #keeper: Keeper
  #control: ControlPort | undefined
  #isUploaded = false
  #isStopped = false

  private constructor(options: OnionServiceOptions) {
    this.#options = options
    const { log } = options
    this.#keeper = createKeeper({
      peers: [NAME],
      ensure: () => this.#publish(),
      after,
      random: () => randomInt(RANDOM_STEPS) / RANDOM_STEPS,
      log: { log: (_level, _message, fields) => log.log('warn', 'the onion service is not published', fields) },
    })
  }

  /**
   * Tells Tor about the service and keeps it told. Others find it a few seconds later: see {@link isReachable}.
   * @throws PortError `UNREACHABLE` in words, see ControlPort.
   */
  static async publish(options: OnionServiceOptions): Promise<OnionService> {
    const service = new OnionService(options)
    await service.#publish()
    return service
  }

  /** True once Tor has uploaded a description of the service, by which others find it. */
  get isReachable(): boolean {
    return this.#isUploaded
  }

  /** Takes the service down. Idempotent. */
  async stop(): Promise<void> {
    if (this.#isStopped) return
    this.#isStopped = true
    this.#keeper.stop()
    const control = this.#control
    if (control === undefined) return
    const cancel = after(FAREWELL_MS, () => control.close())
    await control.command(`DEL_ONION ${this.#options.key.serviceId}`).catch(() => undefined)
    cancel()
    control.close()
    await control.closed
  }

  async #publish(): Promise<void> {
    const { control: endpoint, password, key, targetPort } = this.#options
    const control = await ControlPort.open(endpoint, password)
    try {
      control.onEvent = (event) => this.#heard(event)
      await control.command('SETEVENTS HS_DESC')
      // Not detached: Tor takes it down when this connection ends, however that happens.
      const target = `Port=${ONION_PORT},127.0.0.1:${targetPort}`
      await control.command(`ADD_ONION ED25519-V3:${key.expanded} Flags=DiscardPK ${target}`)
      if (this.#isStopped) throw new Error('stopped meanwhile')
    } catch (error) {
      control.close()
      throw error
    }
    this.#control = control
    void control.closed.then(() => this.#lost(control))
  }

  #heard({ lines }: ControlReply): void {
    const [kind, action, address] = lines[0]?.split(' ') ?? []
    if (kind !== 'HS_DESC' || action !== 'UPLOADED' || address !== this.#options.key.serviceId) return
    if (this.#isUploaded) return
    this.#isUploaded = true
    this.#options.log.log('info', 'the onion service is published')
    this.onChange()
  }

  #lost(control: ControlPort): void {
    if (this.#isStopped || this.#control !== control) return
    this.#control = undefined
    this.#isUploaded = false
    this.#options.log.log('warn', 'Tor ended the connection; the onion service is gone until Tor is back')
    this.onChange()
    this.#keeper.lost(NAME)
  }
}
