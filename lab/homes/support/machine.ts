/** A computer in the test world: its interfaces, its sleep, the nodes that run on it. */
import { join } from 'node:path'
import { Child } from '../../e2e/support/child.ts'
import { Daemon, type DaemonFlags } from '../../e2e/support/daemon.ts'
import type { TestPushNode } from '../../e2e/support/stage.ts'
import { openDoor, type Door } from './door.ts'
import { addNamespace, enter, shell } from './namespaces.ts'

/** A network that a computer can be plugged into. */
export interface Lan {
  /** Makes interface `device` of `namespace` part of it. */
  plug(namespace: string, device: string): Plug
}

/** One end of a cable. */
export interface Plug {
  /** What the interface has there; each may be missing. */
  readonly ip4: string | undefined
  readonly ip6: string | undefined
  /** With `false` the other end goes dark: the interface stays and has no carrier. */
  setCarrier(isOn: boolean): void
}

export interface MachineOptions {
  readonly name: string
  readonly namespace: string
  /** Holds the folders of its nodes. */
  readonly folder: string
}

const PUSH_PORT = 4001

export class Machine {
  readonly name: string
  readonly namespace: string
  readonly #folder: string
  readonly #plugs = new Map<string, Plug>()
  readonly #doors: Door[] = []
  readonly #children: Child[] = []
  readonly #daemons: Daemon[] = []

  constructor({ name, namespace, folder }: MachineOptions) {
    this.name = name
    this.namespace = namespace
    this.#folder = folder
    addNamespace(namespace)
  }

  /** Its address in the network that it joined first. */
  get ip4(): string | undefined {
    return [...this.#plugs.values()][0]?.ip4
  }
  get ip6(): string | undefined {
    return [...this.#plugs.values()][0]?.ip6
  }
  /** Every process that was ever started here, for what they said. */
  get children(): readonly Child[] {
    return this.#children
  }

  /** Takes part in a network, by one more interface (`eth0` for the first). */
  join(lan: Lan, device = `eth${this.#plugs.size}`): void {
    this.#plugs.set(device, lan.plug(this.namespace, device))
  }

  /** Leaves one network and takes part in another by the same interface, as with a new Wi-Fi. */
  move(lan: Lan, device = 'eth0'): void {
    this.leave(device)
    this.join(lan, device)
  }

  leave(device = 'eth0'): void {
    shell(this.namespace, `ip link del ${device}`)
    this.#plugs.delete(device)
  }

  /** Pulls every cable: interfaces without a carrier. */
  unplug(): void {
    for (const plug of this.#plugs.values()) plug.setCarrier(false)
  }
  plugIn(): void {
    for (const plug of this.#plugs.values()) plug.setCarrier(true)
  }

  /** Its processes stand still and its cables are dark. */
  sleep(): void {
    for (const child of this.#children) child.signal('SIGSTOP')
    this.unplug()
  }
  wake(): void {
    this.plugIn()
    for (const child of this.#children) child.signal('SIGCONT')
  }

  /** Runs lines of shell here. @returns what they print. */
  shell(script: string): string {
    return shell(this.namespace, script)
  }

  /** Starts a node. Its API is reached at the same address from this process and from inside. */
  async daemon(flags: DaemonFlags = {}): Promise<Daemon> {
    const door = await openDoor(this.namespace)
    this.#doors.push(door)
    const all = { name: this.name, apiPort: door.port, inside: enter(this.namespace), ...flags }
    const data = join(this.#folder, `${this.name}-${this.#daemons.length}`)
    const daemon = new Daemon(this.name, data, all, (child) => this.#children.push(child))
    this.#daemons.push(daemon)
    await daemon.start()
    return daemon
  }

  /** Starts a push node on port 4001 of this computer's addresses, or with other flags. */
  async pushNode(others: readonly string[] = []): Promise<LabPushNode> {
    const door = await openDoor(this.namespace)
    this.#doors.push(door)
    const data = join(this.#folder, `${this.name}-push`)
    const hosts = [
      ...(this.ip4 === undefined ? [] : [`/ip4/${this.ip4}`]),
      ...(this.ip6 === undefined ? [] : [`/ip6/${this.ip6}`]),
    ]
    const parameters = [
      ...['push-node', '--json', '--data', data, '--metrics-listen', `127.0.0.1:${door.port}`],
      ...(others.includes('--listen') ? [] : hosts.flatMap((host) => ['--listen', `${host}/tcp/${PUSH_PORT}`])),
      ...(others.includes('--announce') ? [] : hosts.flatMap((host) => ['--announce', `${host}/tcp/${PUSH_PORT}`])),
      ...(others.includes('--work-bits') ? [] : ['--work-bits', '8']),
      ...others,
    ]
    const start = async (): Promise<Started> => {
      const child = new Child(this.name, parameters, enter(this.namespace))
      this.#children.push(child)
      const { addresses, metricsUrl, link } = await child.ready()
      return {
        child,
        addresses: Array.isArray(addresses) ? addresses.map(String) : [],
        metricsUrl: String(metricsUrl),
        link: String(link),
      }
    }
    return new LabPushNode(data, start, await start())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const daemon of this.#daemons) daemon.closeApi()
    for (const child of this.#children) child.signal('SIGCONT')
    await Promise.all(this.#children.map((child) => child.stop()))
    await Promise.all(this.#doors.map((door) => door[Symbol.asyncDispose]()))
  }
}

interface Started {
  readonly child: Child
  readonly addresses: readonly string[]
  readonly metricsUrl: string
  readonly link: string
}

/** A push node that can end and come back with the same key and address. */
export class LabPushNode implements TestPushNode {
  readonly data: string
  readonly #start: () => Promise<Started>
  #started: Started

  constructor(data: string, start: () => Promise<Started>, started: Started) {
    this.data = data
    this.#start = start
    this.#started = started
  }

  get child(): Child {
    return this.#started.child
  }
  /** The first that it told. */
  get address(): string {
    const [address] = this.addresses
    if (address === undefined) throw new Error('the push node has no address')
    return address
  }
  get addresses(): readonly string[] {
    return this.#started.addresses
  }
  get link(): string {
    return this.#started.link
  }

  /** A figure of its metrics, without the prefix of their names. */
  readonly figure = async (name: string): Promise<number> => {
    const text = await (await fetch(this.#started.metricsUrl)).text()
    return Number(new RegExp(`^parley_push_${name} (\\d+)$`, 'm').exec(text)?.[1] ?? Number.NaN)
  }

  async restart(): Promise<void> {
    await this.child.stop()
    this.#started = await this.#start()
  }
}
