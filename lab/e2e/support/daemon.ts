import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { Api, rest, type Answer } from './api.ts'
import { Child, type Exit } from './child.ts'

export interface DaemonFlags {
  /** What a new account calls itself; without it the page asks. */
  readonly name?: string
  readonly bootstrap?: string
  readonly apiPort?: number
  readonly data?: string
  readonly others?: readonly string[]
  /** A command that runs the node, such as one that enters a network namespace. */
  readonly inside?: readonly string[]
}

/** One person's node: a process that comes and goes, and a folder that stays. */
export class Daemon {
  readonly name: string
  readonly data: string
  readonly #flags: DaemonFlags
  readonly #started: (child: Child) => void
  #child: Child | undefined
  #api: Api | undefined
  #ready: Readonly<Record<string, unknown>> = {}

  constructor(name: string, data: string, flags: DaemonFlags, started: (child: Child) => void) {
    this.name = name
    this.data = flags.data ?? data
    this.#flags = flags
    this.#started = started
  }

  get parameters(): readonly string[] {
    const { name, bootstrap, apiPort = 0, others = [] } = this.#flags
    return [
      ...['daemon', '--data', this.data, '--api-port', String(apiPort), '--no-open', '--json'],
      ...(name === undefined ? [] : ['--name', name]),
      ...(bootstrap === undefined ? [] : ['--bootstrap', bootstrap]),
      ...others,
    ]
  }

  /** The running process. */
  get child(): Child {
    if (this.#child === undefined) throw new Error(`${this.name} was never started`)
    return this.#child
  }

  /** The ready line. */
  get ready(): Readonly<Record<string, unknown>> {
    return this.#ready
  }
  get url(): string {
    return String(this.#ready['url'])
  }
  get token(): string {
    return String(this.#ready['token'])
  }
  get addresses(): readonly string[] {
    const { addresses } = this.#ready
    return Array.isArray(addresses) ? addresses.map(String) : []
  }

  /** Over the socket; a new one after each start. */
  get api(): Api {
    this.#api ??= new Api(this.url, this.token)
    return this.#api
  }

  rest(method: string, path: string, body?: unknown): Promise<Answer> {
    return rest(this, method, path, body)
  }

  async start(): Promise<void> {
    const child = new Child(this.name, this.parameters, this.#flags.inside)
    this.#child = child
    this.#started(child)
    this.#ready = await child.ready()
  }

  /** Ends the node as a person does. */
  async stop(): Promise<Exit> {
    this.closeApi()
    return this.child.stop()
  }

  /** Ends the node as a power cut does. */
  async kill9(): Promise<void> {
    const died = this.child.kill9()
    this.closeApi()
    await died
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  /** Forgets the ports it had, so that the next start has other addresses. */
  moveAway(): void {
    rmSync(join(this.data, 'ports.json'))
  }

  closeApi(): void {
    this.#api?.[Symbol.dispose]()
    this.#api = undefined
  }
}
