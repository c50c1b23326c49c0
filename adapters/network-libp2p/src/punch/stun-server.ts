/**
 * Tells whoever asks over UDP from which address it is seen, so that devices learn what their router makes of a socket.
 * Spec: PUSH-11, PUSH-12.
 */
import { createSocket } from 'node:dgram'
import type { RemoteInfo, Socket } from 'node:dgram'
import { PortError } from '@parley/engine'
import type { LogPort } from '@parley/engine'
import { parseIp } from './ip.ts'
import { decodeBindingRequest, encodeBindingAnswer } from './stun-codec.ts'
import { StunBudget } from './stun-budget.ts'

export interface StunServer {
  /** The port of every socket. */
  readonly port: number
  figures(): StunFigures
  /** Idempotent. */
  stop(): Promise<void>
}

export interface StunFigures {
  readonly answered: number
  /** Binding requests beyond the budget of their address, or of all. */
  readonly limited: number
  /** Everything that is no binding request. */
  readonly ignored: number
}

export interface StunServerOptions {
  /** IP addresses of this machine, or the unspecified ones. */
  readonly hosts: readonly string[]
  /** 0: one that the system chooses, the same for all of `hosts`. */
  readonly port: number
  /** Milliseconds that only grow. */
  readonly now: () => number
  readonly log: LogPort
}

/** @throws PortError `ADDRESS_IN_USE` naming the port. */
export async function startStunServer({ hosts, port, now, log }: StunServerOptions): Promise<StunServer> {
  const budget = new StunBudget()
  const counts = { answered: 0, limited: 0, ignored: 0 }
  const onMessage = (socket: Socket, bytes: Uint8Array, from: RemoteInfo): void => {
    const transaction = decodeBindingRequest(bytes)
    const ip = parseIp(from.address)
    if (transaction === undefined || ip === undefined) counts.ignored += 1
    else if (!budget.take(ip, now())) counts.limited += 1
    else {
      counts.answered += 1
      // an answer that cannot leave is an answer that got lost: whoever asked asks again
      socket.send(encodeBindingAnswer(transaction, { ip, port: from.port }), from.port, from.address, () => undefined)
    }
  }
  const sockets: Socket[] = []
  let bound = port
  const stop = async (): Promise<void> => {
    await Promise.all(sockets.splice(0).map((socket) => new Promise<void>((resolve) => socket.close(resolve))))
  }
  try {
    for (const host of new Set(hosts)) {
      const socket = await bind(host, bound)
      sockets.push(socket)
      bound = socket.address().port
      socket.on('message', (bytes, from) => onMessage(socket, bytes, from))
      socket.on('error', (error) => log.log('warn', 'the answering of STUN failed', { error: String(error) }))
    }
  } catch (error) {
    await stop()
    throw error
  }
  return { port: bound, figures: () => ({ ...counts }), stop }
}

function bind(host: string, port: number): Promise<Socket> {
  const isIp6 = host.includes(':')
  const socket = createSocket(isIp6 ? { type: 'udp6', ipv6Only: true } : { type: 'udp4' })
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => {
      socket.close()
      const message = `Another program already uses UDP port ${port} of ${host}, where STUN should be answered.`
      reject(error.code === 'EADDRINUSE' ? new PortError('ADDRESS_IN_USE', message, false, { cause: error }) : error)
    }
    socket.once('error', fail)
    socket.bind({ address: host, port, exclusive: true }, () => {
      socket.off('error', fail)
      resolve(socket)
    })
  })
}
