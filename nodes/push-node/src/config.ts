/** Everything that can be set about a push node, as one table: the command line and its help are made from it. */
import { isAddress } from '@parley/adapter-network-libp2p'
import { INFRASTRUCTURE_PEERS_MAX, fail, ok } from '@parley/core'
import type { Result } from '@parley/core'

export interface PushNodeConfig {
  /** Folder of the node's key; made when missing. */
  readonly data: string
  /** Multiaddrs to listen on. */
  readonly listen: readonly string[]
  /** Multiaddrs told to others instead; empty: what it listens on. */
  readonly announce: readonly string[]
  /** Other push nodes, multiaddrs that end in `/p2p/ID`. */
  readonly bootstrap: readonly string[]
  /** Loopback HOST:PORT of `/metrics` and `/health`; port 0 takes a free one. */
  readonly metricsListen: string
}

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
    help: 'folder of the key of this push node',
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
}

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
    const [data, listen, announce, bootstrap, metricsListen] = [
      read('data'),
      read('listen'),
      read('announce'),
      read('bootstrap'),
      read('metricsListen'),
    ]
    if (typeof data === 'string') return fail(data)
    if (typeof listen === 'string') return fail(listen)
    if (typeof announce === 'string') return fail(announce)
    if (typeof bootstrap === 'string') return fail(bootstrap)
    if (typeof metricsListen === 'string') return fail(metricsListen)
    if (bootstrap.length > INFRASTRUCTURE_PEERS_MAX) return fail(`bootstrap: at most ${INFRASTRUCTURE_PEERS_MAX}.`)
    return ok({ data: data[0] ?? '', listen, announce, bootstrap, metricsListen: metricsListen[0] ?? '' })
  },
}
