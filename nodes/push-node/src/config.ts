/** Everything that can be set about a push node, as one table: the command line and its help are made from it. */
import { isAddress, isProxyRange } from '@parley/adapter-network-libp2p'
import {
  HOLDER_BYTES_MAX,
  INFRASTRUCTURE_PEERS_MAX,
  RELAY_RESERVATIONS_LIMIT_MAX,
  RELAY_RESERVATIONS_MAX,
  RELAY_RESERVATIONS_PER_IP_MAX,
  WORK_BITS,
  WORK_BITS_MAX,
  fail,
  ok,
} from '@parley/core'
import type { RelayPlaceLimits, StunSetting } from '@parley/adapter-network-libp2p'
import type { Result } from '@parley/core'

export interface PushNodeConfig {
  /** Folder of the node's key and of what it holds for others; made when missing. */
  readonly data: string
  /** Multiaddrs to listen on. */
  readonly listen: readonly string[]
  /** Multiaddrs told to others instead; empty: what it listens on. */
  readonly announce: readonly string[]
  /** Other push nodes, multiaddrs that end in `/p2p/ID`. */
  readonly bootstrap: readonly string[]
  /** Loopback HOST:PORT of `/metrics` and `/health`; port 0 takes a free one. */
  readonly metricsListen: string
  /** Mebibytes of waiting envelopes and pointers, as text; `0`: pointers only. */
  readonly storageMib: string
  /** UDP port where devices ask how their routers translate: a number, `same-port` or `off`. */
  readonly stun: string
  /** Leading zero bits that a pointer for a stranger needs here, as text. */
  readonly workBits: string
  /** Devices that can be reached through it, as text. */
  readonly relayReservations: string
  /** Of these behind one IPv4 address or IPv6 /64, as text. */
  readonly relayReservationsPerAddress: string
  /** IP addresses and CIDR ranges of proxies in front, which say where a connection began. */
  readonly proxyProtocolFrom: readonly string[]
}

const MIB = 1_048_576
const STORAGE_MIB_MAX = 16_777_216

/** One setting. */
export interface PushNodeField {
  readonly isList: boolean
  /** `undefined` when it must be given. */
  readonly default: string | readonly string[] | undefined
  readonly value: string
  readonly help: string
  /** What is wrong with one value, `undefined` when nothing is. */
  check(value: string): string | undefined
}

const checkAddress = (value: string): string | undefined =>
  isAddress(value) ? undefined : `"${value}" is not a multiaddr such as /ip4/0.0.0.0/tcp/4001`

const FIELDS: Readonly<Record<keyof PushNodeConfig, PushNodeField>> = {
  data: {
    isList: false,
    default: undefined,
    value: 'DIR',
    help: 'folder of the key of this push node, and of what it holds for others',
    check: (value) => (value === '' ? 'a folder has a name' : undefined),
  },
  listen: {
    isList: true,
    default: ['/ip4/0.0.0.0/tcp/4001', '/ip4/0.0.0.0/tcp/4002/ws'],
    value: 'MULTIADDR',
    help: 'where to listen; may be given several times',
    check: checkAddress,
  },
  announce: {
    isList: true,
    default: [],
    value: 'MULTIADDR',
    help: 'what to tell others instead, for example behind a router',
    check: checkAddress,
  },
  bootstrap: {
    isList: true,
    default: [],
    value: 'MULTIADDR',
    help: 'another push node, ending in /p2p/ID',
    check: (value) =>
      checkAddress(value) ?? (/\/p2p\/\w+$/.test(value) ? undefined : `"${value}" does not end in /p2p/ID`),
  },
  metricsListen: {
    isList: false,
    default: '127.0.0.1:0',
    value: 'HOST:PORT',
    help: 'loopback address of /metrics and /health',
    check: (value) =>
      parseLoopback(value) === undefined ? `"${value}" is not a loopback address such as 127.0.0.1:9464` : undefined,
  },
  storageMib: {
    isList: false,
    default: String(HOLDER_BYTES_MAX / MIB),
    value: 'MIB',
    help: 'mebibytes of waiting messages that it holds for others; 0: only where they are',
    check: (value) => checkNumber(value, STORAGE_MIB_MAX),
  },
  stun: {
    isList: false,
    default: 'same-port',
    value: 'PORT',
    help: 'UDP port where devices ask how their routers translate; same-port: the number of the first TCP port; off: none',
    check: (value) => (stunSetting(value) === undefined ? `"${value}" is not a UDP port, same-port or off` : undefined),
  },
  workBits: {
    isList: false,
    default: String(WORK_BITS),
    value: 'BITS',
    help: 'work that a stranger has to do to leave word here; each bit doubles it',
    check: (value) => checkNumber(value, WORK_BITS_MAX),
  },
  relayReservations: {
    isList: false,
    default: String(RELAY_RESERVATIONS_MAX),
    value: 'N',
    help: 'devices that can be reached through it at a time',
    check: (value) => checkNumber(value, RELAY_RESERVATIONS_LIMIT_MAX),
  },
  relayReservationsPerAddress: {
    isList: false,
    default: String(RELAY_RESERVATIONS_PER_IP_MAX),
    value: 'N',
    help: 'of these, how many behind one IPv4 address or IPv6 /64',
    check: (value) => checkNumber(value, RELAY_RESERVATIONS_LIMIT_MAX),
  },
  proxyProtocolFrom: {
    isList: true,
    default: [],
    value: 'CIDR',
    help:
      'proxies in front of it that say with the PROXY protocol where a connection began, like 10.0.0.0/8; what they ' +
      'send without it is refused, and nobody else is believed',
    check: (value) =>
      isProxyRange(value) ? undefined : `"${value}" is not an IP address or a range such as 10.0.0.0/8`,
  },
}

/** @returns `undefined` when `text` is none. */
export function stunSetting(text: string): StunSetting | undefined {
  if (text === 'same-port' || text === 'off') return text
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined
}

const checkNumber = (value: string, max: number): string | undefined =>
  /^\d{1,9}$/.test(value) && Number(value) <= max ? undefined : `"${value}" is not a number from 0 to ${max}`

/** What the holder keeps to. */
export const holderLimits = (
  config: Pick<PushNodeConfig, 'storageMib' | 'workBits'>,
): { readonly bytesMax: number; readonly workBits: number } => ({
  bytesMax: Number(config.storageMib) * MIB,
  workBits: Number(config.workBits),
})

/** How many devices the relay serves. */
export const relayPlaces = (
  config: Pick<PushNodeConfig, 'relayReservations' | 'relayReservationsPerAddress'>,
): RelayPlaceLimits => ({
  reservationsMax: Number(config.relayReservations),
  reservationsPerAddressMax: Number(config.relayReservationsPerAddress),
})

/** @returns `undefined` unless `text` is HOST:PORT with a host of this machine. */
export function parseLoopback(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, host, port] = /^(127\.0\.0\.1|localhost|\[::1\]):(\d{1,5})$/.exec(text) ?? []
  if (host === undefined || Number(port) > 65_535) return undefined
  return { host: host === '[::1]' ? '::1' : host, port: Number(port) }
}

/** The settings by name, and how to read them. Names are camelCase here, `--kebab-case` on a command line. */
export const pushNodeConfig = {
  fields: FIELDS,
  /**
   * Reads settings that came from a file, the environment or flags, lists as arrays. Unknown names are errors.
   * The reason of a failure is a sentence for the operator.
   */
  parse(values: Readonly<Record<string, unknown>>): Result<PushNodeConfig> {
    const unknown = Object.keys(values).find((name) => !(name in FIELDS))
    if (unknown !== undefined) return fail(`"${unknown}" is not a setting of a push node.`)
    const read = (name: keyof PushNodeConfig): readonly string[] | string => {
      const field = FIELDS[name]
      const given = values[name] ?? field.default
      const list = Array.isArray(given) ? given : [given]
      if (given === undefined) return `${name} is missing.`
      if (Array.isArray(given) && !field.isList) return `${name} is given more than once.`
      if (!list.every((value) => typeof value === 'string')) return `${name} is not text.`
      const wrong = list.map((value) => field.check(value)).find((why) => why !== undefined)
      return wrong === undefined ? list : `${name}: ${wrong}.`
    }
    const names = <Name extends keyof PushNodeConfig>(...all: readonly Name[]) =>
      new Map(all.map((name) => [name, read(name)] as const))
    const lists = names('listen', 'announce', 'bootstrap', 'proxyProtocolFrom')
    const texts = names(
      'data',
      'metricsListen',
      'storageMib',
      'stun',
      'workBits',
      'relayReservations',
      'relayReservationsPerAddress',
    )
    const wrong = [...texts.values(), ...lists.values()].find((value) => typeof value === 'string')
    if (typeof wrong === 'string') return fail(wrong)
    const list = (name: Parameters<typeof lists.get>[0]): readonly string[] => [lists.get(name) ?? []].flat()
    const text = (name: Parameters<typeof texts.get>[0]): string => [texts.get(name) ?? []].flat()[0] ?? ''
    if (list('bootstrap').length > INFRASTRUCTURE_PEERS_MAX)
      return fail(`bootstrap: at most ${INFRASTRUCTURE_PEERS_MAX}.`)
    return ok({
      data: text('data'),
      listen: list('listen'),
      announce: list('announce'),
      bootstrap: list('bootstrap'),
      metricsListen: text('metricsListen'),
      storageMib: text('storageMib'),
      stun: text('stun'),
      workBits: text('workBits'),
      relayReservations: text('relayReservations'),
      relayReservationsPerAddress: text('relayReservationsPerAddress'),
      proxyProtocolFrom: list('proxyProtocolFrom'),
    })
  },
}
