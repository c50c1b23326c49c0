/** What every door of this node checks alike, whoever it is for. Spec: API-14, API-16, OBG-2, OBG-3. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** Names of this machine for itself. */
export const LOOPBACK_NAMES: readonly string[] = ['127.0.0.1', 'localhost', '[::1]']

/** Requests without the right secret: enough for somebody who types, too few for a guesser. */
export const STRANGERS_PER_SECOND = 20
export const STRANGERS_BURST = 200

/** True for what only this machine can reach. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host === '[::1]' || (isIP(host) === 4 && host.startsWith('127.'))

/** Takes the same time wherever the difference is. */
export function isSame(secret: string, candidate: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(secret), digest(candidate))
}

/** Every value that the request's cookies have under `name`. */
export function cookiesNamed({ headers: { cookie } }: FastifyRequest, name: string): readonly string[] {
  const prefix = `${name}=`
  const cookies = (cookie ?? '').split(';').map((part) => part.trim())
  return cookies.filter((part) => part.startsWith(prefix)).map((part) => part.slice(prefix.length))
}

/**
 * The HTTP server lets go of a connection that asks to become a socket. When we answer such a request instead, nobody
 * else would ever end it.
 */
export function endAfterRefusal(request: FastifyRequest, reply: FastifyReply): void {
  if (request.headers.upgrade === undefined) return
  const { socket } = request.raw
  reply.raw.once('finish', () => socket.destroySoon())
}
