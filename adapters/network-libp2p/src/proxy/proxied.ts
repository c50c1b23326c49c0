/** Listeners behind a proxy that says where a connection began: that address counts, not the proxy's. Spec: PUSH-10. */
import type { Listener, Transport } from '@libp2p/interface'
import { PROXY_HEADER_BYTES_MAX, PROXY_HEADER_TIMEOUT_MS } from '@parley/core'
import { BlockList, isIP, isIPv4, Server, type Socket } from 'node:net'
import { type Origin, parseProxyHeader } from './header.ts'

/** The addresses from which a header is read and believed. */
export interface Proxies {
  has(address: string): boolean
}

const IP4_BITS = 32
const IP6_BITS = 128

/** True for an IP address and for a CIDR range such as `10.0.0.0/8`. */
export function isProxyRange(range: string): boolean {
  const [address = '', bits = '0', ...rest] = range.split('/')
  const bitsMax = isIPv4(address) ? IP4_BITS : IP6_BITS
  return (
    isIP(address) !== 0 &&
    !address.includes('%') &&
    /^(0|[1-9]\d{0,2})$/.test(bits) &&
    Number(bits) <= bitsMax &&
    rest.length === 0
  )
}

/** @throws Error in words when one of `ranges` is no IP address and no CIDR range such as `10.0.0.0/8`. */
export function parseProxies(ranges: readonly string[]): Proxies {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', bits = String(isIPv4(address) ? IP4_BITS : IP6_BITS)] = range.split('/')
    if (!isProxyRange(range)) throw new Error(`"${range}" is not an IP address or a range such as 10.0.0.0/8.`)
    list.addSubnet(address, Number(bits), isIPv4(address) ? 'ipv4' : 'ipv6')
  }
  return { has: (address) => list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6') }
}

/**
 * The same transport whose listeners take a PROXY header from `proxies`. A connection from there without one is
 * closed; one from elsewhere is taken as it is, so nobody else can say that they are somebody else.
 */
export function behindProxies<Components>(
  create: (components: Components) => Transport,
  proxies: Proxies,
): (components: Components) => Transport {
  return (components) => {
    const transport = create(components)
    const createListener = transport.createListener.bind(transport)
    transport.createListener = (options) => {
      const listener = createListener(options)
      readHeaders(serverOf(listener), proxies)
      return listener
    }
    return transport
  }
}

function serverOf(listener: Listener): Server {
  const server = 'server' in listener ? listener.server : undefined
  if (!(server instanceof Server)) throw new Error('the listener keeps its server elsewhere now')
  return server
}

function readHeaders(server: Server, proxies: Proxies): void {
  const listeners = server.listeners('connection')
  server.removeAllListeners('connection')
  const deliver = (socket: Socket): void => {
    for (const listener of listeners) Reflect.apply(listener, server, [socket])
  }
  server.on('connection', (socket) => {
    if (!proxies.has(socket.remoteAddress ?? '')) return deliver(socket)
    readHeader(socket, (origin) => {
      if (origin !== undefined) becomeFrom(socket, origin)
      deliver(socket)
    })
  })
}

/** Takes the header off the socket, or closes it. */
function readHeader(socket: Socket, done: (origin: Origin | undefined) => void): void {
  let bytes = Buffer.alloc(0)
  const timer = setTimeout(() => socket.destroy(), PROXY_HEADER_TIMEOUT_MS)
  const end = (): void => {
    clearTimeout(timer)
    socket.off('readable', look)
    socket.off('close', end)
    socket.off('error', ignore)
  }
  const look = (): void => {
    const part: unknown = socket.read()
    if (!Buffer.isBuffer(part)) return
    bytes = Buffer.concat([bytes, part])
    const result = parseProxyHeader(bytes.subarray(0, PROXY_HEADER_BYTES_MAX))
    if (result.type === 'incomplete') return
    end()
    if (result.type === 'malformed') return void socket.destroy()
    if (bytes.length > result.bytes) socket.unshift(bytes.subarray(result.bytes))
    done(result.origin)
  }
  // Whoever goes away before the header is complete is no connection yet; its close is what we hear.
  const ignore = (): void => undefined
  socket.on('readable', look)
  socket.once('close', end)
  socket.on('error', ignore)
  look()
}

/** From here on whoever asks the socket hears the origin. */
function becomeFrom(socket: Socket, { address, port }: Origin): void {
  Object.defineProperties(socket, {
    remoteAddress: { value: address },
    remotePort: { value: port },
    remoteFamily: { value: isIPv4(address) ? 'IPv4' : 'IPv6' },
  })
}
