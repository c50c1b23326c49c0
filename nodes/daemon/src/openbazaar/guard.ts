/** Who may ask: programs with the cookie or the password, from here or from an origin that was allowed. OBG-1…OBG-4 */
import { isIP } from 'node:net'
import { SOCKET_FRAMES_BURST, SOCKET_FRAMES_PER_SECOND, TokenBucket } from '@parley/engine'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import {
  cookiesNamed,
  endAfterRefusal,
  isLoopback,
  isSame,
  LOOPBACK_NAMES,
  STRANGERS_BURST,
  STRANGERS_PER_SECOND,
} from '../http/secrets.ts'
import { COOKIE_NAME } from './cookie.ts'
import { Refusal } from './refusal.ts'

const METHODS = 'GET, POST, PUT, PATCH, DELETE'
const PREFLIGHT_SECONDS = 600

export interface Guard {
  readonly cookie: string
  readonly user: string
  /** Absent: only the cookie opens. */
  readonly password?: string | undefined
  /** What we listen on, as configured. */
  readonly host: string
  /** Origins of pages that may ask, besides our own. */
  readonly origins: readonly string[]
  /** The port that we listen on, known once we do. */
  port(): number
  /** Running time in milliseconds. */
  nowMs(): number
  /** Requests with the secret that may come at once; SOCKET_FRAMES_BURST unless a test wants to reach the end of it. */
  readonly burst?: number | undefined
}

/** Checks every request before anything else looks at it. */
export function useGuard(server: FastifyInstance, guard: Guard): void {
  const known = new TokenBucket(guard.burst ?? SOCKET_FRAMES_BURST, SOCKET_FRAMES_PER_SECOND, guard.nowMs())
  const strangers = new TokenBucket(STRANGERS_BURST, STRANGERS_PER_SECOND, guard.nowMs())
  server.addHook('onRequest', async (request, reply) => {
    endAfterRefusal(request, reply)
    void reply.headers({
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    })
    if (!isOurHost(request, guard) || !isAllowedOrigin(request, guard)) return forbid(reply)
    allowOrigin(request, reply)
    // A browser asks before it sends; it sends no secret with that.
    if (request.method === 'OPTIONS') {
      if (!strangers.take(guard.nowMs())) throw tooMany()
      return answerPreflight(reply)
    }
    const isKnown = isAllowed(request, guard)
    if (!(isKnown ? known : strangers).take(guard.nowMs())) throw tooMany()
    if (!isKnown) return forbid(reply)
  })
}

const tooMany = (): Refusal => new Refusal(429, 'Too many requests at once. Wait a moment and try again.')

/** Plain text, as OpenBazaar's nodes refuse. */
const forbid = (reply: FastifyReply): FastifyReply =>
  reply.code(403).type('text/plain; charset=utf-8').send('403 - Forbidden')

/** A name that was rebound to us is no address; ours are addresses, loopback names and what we were told to listen on. */
function isOurHost(request: FastifyRequest, guard: Guard): boolean {
  const host = request.headers.host?.toLowerCase() ?? ''
  const suffix = `:${guard.port()}`
  if (!host.endsWith(suffix)) return false
  const name = host.slice(0, -suffix.length)
  const isOpen = !isLoopback(guard.host)
  const isAddress = isIP(name.replace(/^\[|\]$/g, '')) !== 0
  return LOOPBACK_NAMES.includes(name) || (isOpen && (isAddress || name === guard.host.toLowerCase()))
}

/** Programs say nothing and need the secret anyway; a browser says where a request comes from. */
function isAllowedOrigin(request: FastifyRequest, guard: Guard): boolean {
  const { origin, host } = request.headers
  if (origin !== undefined) return origin === `http://${host}` || guard.origins.includes(origin)
  const site = request.headers['sec-fetch-site']
  return site === undefined || site === 'same-origin' || site === 'none'
}

/** Only ever the one that asks, and only when it may. */
function allowOrigin({ headers: { origin } }: FastifyRequest, reply: FastifyReply): void {
  void reply.header('vary', 'Origin')
  if (origin === undefined) return
  void reply.headers({ 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' })
}

const answerPreflight = (reply: FastifyReply): FastifyReply =>
  reply
    .headers({
      'access-control-allow-methods': METHODS,
      'access-control-allow-headers': 'authorization, content-type, cache-control, x-requested-with',
      'access-control-max-age': String(PREFLIGHT_SECONDS),
    })
    .code(204)
    .send()

function isAllowed(request: FastifyRequest, guard: Guard): boolean {
  const hasCookie = cookiesNamed(request, COOKIE_NAME).some((value) => isSame(guard.cookie, value))
  return hasCookie || hasPassword(request.headers.authorization, guard)
}

function hasPassword(authorization: string | undefined, { user, password }: Guard): boolean {
  if (password === undefined || authorization === undefined || !/^basic /i.test(authorization)) return false
  return isSame(
    `${user}:${password}`,
    Buffer.from(authorization.slice('basic '.length).trim(), 'base64').toString('utf8'),
  )
}
