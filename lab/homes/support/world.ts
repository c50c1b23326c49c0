/**
 * A world of homes: routers, computers behind them, and an internet between, all in network namespaces of one machine.
 * Nothing leaves it: no namespace has an uplink. Everything ends with it.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Child } from '../../e2e/support/child.ts'
import type { Daemon, DaemonFlags } from '../../e2e/support/daemon.ts'
import { Machine, type LabPushNode, type Lan, type Plug } from './machine.ts'
import { addNamespace, removeLeftovers, removeNamespace, run, shell, worldName } from './namespaces.ts'
import { Portal } from './portal.ts'
import { Router, type RouterKind } from './router.ts'

/** Ordinary addresses: port mapping and tests of reachability treat those of documentation and private ranges apart. */
const INTERNET4 = '44.130'
const INTERNET6 = '2a0f:5c00:0'
const PORTAL_PORT = 8_080

/** Which addresses a network has: IPv4, IPv6 or both. */
export type Family = 4 | 6 | 'both'

export interface HomeOptions {
  /** Default `port-dependent`, as most routers are. */
  readonly router?: RouterKind
  /** Default 4. */
  readonly ip?: Family
  /** First three bytes of the network inside. Default `192.168.1`, as in every second home. */
  readonly subnet?: string
}

/** Makes an empty world. @throws when this machine cannot, see `whyNot`. */
export function createWorld(): World {
  removeLeftovers()
  return new World(worldName())
}

export class World implements AsyncDisposable {
  /** Empty at first, removed at the end. */
  readonly folder: string
  readonly #name: string
  readonly #internet: string
  readonly #machines: Machine[] = []
  readonly #homes: Home[] = []
  #addresses = 0

  constructor(name: string) {
    this.#name = name
    this.folder = mkdtempSync(join(tmpdir(), `${name}-`))
    this.#internet = `${name}-internet`
    addNamespace(this.#internet)
    shell(
      this.#internet,
      `echo 1 > /proc/sys/net/ipv4/ip_forward
       echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
       ip link add public type bridge mcast_snooping 0
       ip addr add ${INTERNET4}.0.1/16 dev public
       ip addr add ${INTERNET6}:1::1/64 dev public
       ip link set public up`,
    )
  }

  /** What every process here said, for a test that failed. */
  get children(): readonly Child[] {
    return this.#machines.flatMap(({ children }) => children)
  }

  /** A home: a router, and a network behind it. */
  home(options: HomeOptions = {}): Home {
    const number = this.#homes.length + 1
    const home = new Home(this, number, `${this.#name}-home${number}`, options)
    this.#homes.push(home)
    return home
  }

  /** A computer with public addresses and no router before it. */
  publicMachine(name: string, ip: Family = 'both'): Machine {
    const machine = this.machine(name)
    machine.join({ plug: (namespace, device) => this.plugIntoInternet(namespace, device, ip) })
    return machine
  }

  /** A push node on a computer of its own with public addresses. */
  async pushNode(others: readonly string[] = [], ip: Family = 4): Promise<LabPushNode> {
    return this.publicMachine(`push-${this.#machines.length + 1}`, ip).pushNode(others)
  }

  /** A computer without any network yet. */
  machine(name: string): Machine {
    const namespace = `${this.#name}-m${this.#machines.length + 1}`
    const machine = new Machine({ name, namespace, folder: this.folder })
    this.#machines.push(machine)
    return machine
  }

  /** Connects an interface to the internet, with addresses of its own there. */
  plugIntoInternet(namespace: string, device: string, ip: Family): Plug {
    const number = ++this.#addresses
    const port = `p${number}`
    const ip4 = ip === 6 ? undefined : this.newAddress()
    const ip6 = ip === 4 ? undefined : `${INTERNET6}:1::${(number + 16).toString(16)}`
    connect({ from: namespace, device, to: this.#internet, port, bridge: 'public' })
    if (ip4 !== undefined) {
      shell(namespace, `ip addr add ${ip4}/16 dev ${device}\nip route replace default via ${INTERNET4}.0.1`)
    }
    if (ip6 !== undefined) {
      shell(namespace, `ip addr add ${ip6}/64 dev ${device} nodad\nip -6 route replace default via ${INTERNET6}:1::1`)
    }
    return { ip4, ip6, setCarrier: (isOn) => setLink(this.#internet, port, isOn) }
  }

  /** A public address of IPv4 that nobody had before. */
  newAddress(): string {
    const number = ++this.#addresses
    return `${INTERNET4}.${1 + Math.floor(number / 250)}.${1 + (number % 250)}`
  }

  /** The network of IPv6 addresses behind a home's router, and the way there. */
  delegate(number: number, router: string): string {
    const network = `${INTERNET6}:${(0x100 + number).toString(16)}:`
    shell(this.#internet, `ip -6 route replace ${network}:/64 via ${router}`)
    return network
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#machines.map((machine) => machine[Symbol.asyncDispose]()))
    await Promise.all(this.#homes.map((home) => home.stop()))
    for (const { namespace } of [...this.#machines, ...this.#homes.map(({ router }) => router)])
      removeNamespace(namespace)
    removeNamespace(this.#internet)
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** A router with a network behind it, into which computers can be plugged. */
export class Home implements Lan {
  readonly router: Router
  readonly #world: World
  readonly #subnet: string
  readonly #ip: Family
  readonly #network6: string | undefined
  #plugs = 0
  #people = 0
  #portal: Portal | undefined

  constructor(world: World, number: number, namespace: string, options: HomeOptions) {
    const { router: kind = 'port-dependent', ip = 4, subnet = '192.168.1' } = options
    this.#world = world
    this.#subnet = subnet
    this.#ip = ip
    this.router = new Router({ kind, namespace, folder: world.folder, subnet })
    const { ip4, ip6 } = world.plugIntoInternet(namespace, 'wan', ip)
    this.router.outside = ip4
    if (ip4 !== undefined) shell(namespace, `ip addr add ${subnet}.1/24 dev lan`)
    if (ip6 !== undefined) {
      this.#network6 = world.delegate(number, ip6)
      shell(namespace, `ip addr add ${this.#network6}:1/64 dev lan nodad`)
    }
    this.router.start()
  }

  /** The router's address outside. */
  get outside(): string | undefined {
    return this.router.outside
  }

  plug(namespace: string, device: string): Plug {
    const number = ++this.#plugs
    const port = `p${number}`
    const ip4 = this.#ip === 6 ? undefined : `${this.#subnet}.${number + 9}`
    const ip6 = this.#network6 === undefined ? undefined : `${this.#network6}:${(number + 16).toString(16)}`
    connect({ from: namespace, device, to: this.router.namespace, port, bridge: 'lan' })
    if (ip4 !== undefined) {
      shell(
        namespace,
        `ip addr add ${ip4}/24 dev ${device}
         ip route append default via ${this.#subnet}.1 dev ${device}`,
      )
    }
    if (ip6 !== undefined) {
      shell(
        namespace,
        `ip addr add ${ip6}/64 dev ${device} nodad
         ip -6 route append default via ${this.#network6}:1 dev ${device}`,
      )
    }
    return { ip4, ip6, setCarrier: (isOn) => setLink(this.router.namespace, port, isOn) }
  }

  /** A computer in this home. */
  machine(name = `person-${++this.#people}`): Machine {
    const machine = this.#world.machine(name)
    machine.join(this)
    return machine
  }

  /** A node on a computer of its own in this home. */
  daemon(flags: DaemonFlags = {}): Promise<Daemon> {
    return this.machine(flags.name).daemon(flags)
  }

  /** The router gets another address from its provider, and what passed by the old one is cut off. */
  changeOutsideAddress(): void {
    const before = this.router.outside
    if (before === undefined) throw new Error('this home has no address of IPv4')
    const after = this.#world.newAddress()
    this.router.outside = after
    shell(
      this.router.namespace,
      `ip addr del ${before}/16 dev wan
       ip addr add ${after}/16 dev wan
       ip route replace default via ${INTERNET4}.0.1`,
    )
    this.router.forgetConnections()
  }

  /** Whatever is asked, a page of the router answers, until {@link release}. */
  async capture(): Promise<void> {
    this.#portal = await Portal.start(this.router.namespace, PORTAL_PORT)
    this.router.capture(PORTAL_PORT)
  }
  async release(): Promise<void> {
    this.router.release()
    await this.#portal?.stop()
    this.#portal = undefined
  }

  async stop(): Promise<void> {
    await this.#portal?.stop()
    await this.router.stop()
  }
}

interface Cable {
  readonly from: string
  readonly device: string
  readonly to: string
  readonly port: string
  readonly bridge: string
}

/** Lays a cable from an interface to a port of a bridge; both ends are up. */
function connect({ from, device, to, port, bridge }: Cable): void {
  run('ip', [...['link', 'add', device, 'netns', from, 'type', 'veth'], ...['peer', 'name', port, 'netns', to]])
  run('ip', ['-n', to, 'link', 'set', port, 'master', bridge, 'up'])
  run('ip', ['-n', from, 'link', 'set', device, 'up'])
}

const setLink = (namespace: string, device: string, isUp: boolean): void =>
  void run('ip', ['-n', namespace, 'link', 'set', device, isUp ? 'up' : 'down'])
