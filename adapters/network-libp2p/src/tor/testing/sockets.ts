/** Whom this process talks to: every socket that is connected, every name that is looked up, every datagram socket. */
import dgram from 'node:dgram'
import dns from 'node:dns'
import { Socket } from 'node:net'
import { socketsOfTor } from './fake-tor.ts'

export interface SocketWatch extends Disposable {
  /** `host:port` of every TCP connection that was begun, Tor's own excepted. */
  readonly connected: readonly string[]
  /** Names that were looked up, and datagram sockets: anything in here is a leak. */
  readonly leaks: readonly string[]
}

const LOOKUPS = ['lookup', 'resolve', 'resolve4', 'resolve6', 'resolveTxt', 'resolveAny', 'resolveSrv'] as const

/** Watches until disposed; what was begun goes on as always. */
export function watchSockets(): SocketWatch {
  const connected: string[] = []
  const leaks: string[] = []
  const undo: (() => void)[] = []
  const replace = (
    holder: object,
    name: string,
    told: (self: unknown, parameters: readonly unknown[]) => void,
  ): void => {
    const original: unknown = Reflect.get(holder, name)
    if (typeof original !== 'function') throw new Error(`there is no ${name}`)
    Reflect.set(holder, name, function watched(this: unknown, ...parameters: unknown[]): unknown {
      told(this, parameters)
      return Reflect.apply(original, this, parameters)
    })
    undo.push(() => Reflect.set(holder, name, original))
  }
  replace(Socket.prototype, 'connect', (self, [first]) => {
    if (self instanceof Socket && socketsOfTor.has(self)) return
    const [options = first] = Array.isArray(first) ? first : []
    connected.push(isTarget(options) ? `${options.host}:${options.port}` : JSON.stringify(options))
  })
  for (const name of LOOKUPS) {
    const told = (_: unknown, [host]: readonly unknown[]): void => void leaks.push(`${name} ${String(host)}`)
    if (name !== 'lookup') {
      replace(dns.promises.Resolver.prototype, name, told)
      replace(dns.Resolver.prototype, name, told)
    }
    replace(dns.promises, name, told)
    // A literal address is "looked up" without asking anybody.
    replace(dns, name, (self, parameters) =>
      String(parameters[0]) === '127.0.0.1' ? undefined : told(self, parameters),
    )
  }
  replace(dgram, 'createSocket', (_, [kind]) => void leaks.push(`datagram ${JSON.stringify(kind)}`))
  return {
    connected,
    leaks,
    [Symbol.dispose]: () => {
      for (const each of undo.toReversed()) each()
    },
  }
}

const isTarget = (value: unknown): value is { readonly host: string; readonly port: number } =>
  typeof value === 'object' && value !== null && 'host' in value && 'port' in value
