/** A socket that the proxy has connected for us. Spec: TOR-1, TOR-4. */
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { TOR_ANSWER_TIMEOUT_MS } from '@parley/core'
import { PortError } from '@parley/engine'
import { endpointText } from './endpoint.ts'
import type { Endpoint } from './endpoint.ts'
import { SOCKS_GREETING, createSocksClient, socksRefusalText } from './socks-codec.ts'
import type { SocksLogin, SocksTarget } from './socks-codec.ts'

/**
 * Opens a socket to the proxy and asks it to connect to `target`. Bytes that came after the proxy's reply are the first
 * that are read from the socket, which is paused. The socket belongs to the caller; there is none when this rejects.
 *
 * @throws PortError `UNREACHABLE` in words: Tor is not there, or what it said; the abort reason.
 */
export async function connectThroughProxy(
  proxy: Endpoint,
  target: SocksTarget,
  login: SocksLogin,
  signal: AbortSignal,
): Promise<Socket> {
  const client = createSocksClient(target, login)
  return converse(proxy, signal, (socket, settle) => {
    socket.on('data', (bytes) => {
      const step = client.push(bytes)
      for (const part of step.write) socket.write(part)
      if (step.type === 'waiting') return
      if (step.type === 'refused') {
        const isRetryable = step.refusal.reason === 'target-refused'
        return settle(new PortError('UNREACHABLE', `Through Tor: ${socksRefusalText(step.refusal)}.`, isRetryable))
      }
      socket.pause()
      if (step.rest.length > 0) socket.unshift(step.rest)
      settle(undefined)
    })
    socket.write(client.greeting)
  })
}

/** Asks what listens at `proxy` whether it is a SOCKS port that takes logins. @throws PortError `UNREACHABLE` in words. */
export async function probeProxy(proxy: Endpoint, signal: AbortSignal): Promise<void> {
  const client = createSocksClient({ host: 'probe.invalid', port: 1 }, { user: 'probe', password: 'probe' })
  const socket = await converse(proxy, signal, (probed, settle) => {
    const timer = setTimeout(() => settle(notSocks(proxy)), TOR_ANSWER_TIMEOUT_MS)
    probed.once('close', () => clearTimeout(timer))
    probed.once('data', (bytes) => {
      // The login that the client would write next is the answer to a proxy that takes logins; it is not sent.
      settle(client.push(bytes).write.length > 0 ? undefined : notSocks(proxy))
    })
    probed.write(SOCKS_GREETING)
  })
  socket.destroy()
}

const notSocks = (proxy: Endpoint): PortError =>
  new PortError('UNREACHABLE', `What answers at ${endpointText(proxy)} is not the SOCKS port of Tor.`, false)

/** Connects to the proxy, lets `talk` settle it, and leaves no listener of ours behind. */
function converse(
  proxy: Endpoint,
  signal: AbortSignal,
  talk: (socket: Socket, settle: (error: Error | undefined) => void) => void,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const socket = connect({ host: proxy.host, port: proxy.port, noDelay: true })
    const settle = (error: unknown): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      for (const name of ['connect', 'data', 'error', 'close']) socket.removeAllListeners(name)
      // What goes wrong from here on is not ours to report: the owner listens, or the socket is gone.
      if (error === undefined) return resolve(socket)
      socket.on('error', () => undefined)
      socket.destroy()
      reject(error)
    }
    const abort = (): void => settle(signal.reason)
    const absent = (cause?: Error): PortError =>
      new PortError('UNREACHABLE', `Tor is not running at ${endpointText(proxy)}.`, true, { cause })
    const timer = setTimeout(() => settle(absent()), TOR_ANSWER_TIMEOUT_MS)
    let isThere = false
    signal.addEventListener('abort', abort)
    socket.once('error', (error) => settle(isThere ? brokenOff(error) : absent(error)))
    socket.once('close', () => settle(brokenOff()))
    socket.once('connect', () => {
      clearTimeout(timer)
      isThere = true
      talk(socket, settle)
    })
  })
}

const brokenOff = (cause?: Error): PortError =>
  new PortError('UNREACHABLE', 'Through Tor: the proxy broke off.', true, { cause })
