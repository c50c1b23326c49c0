/** Who may ask: this machine's own names, our own page, and holders of the token. Spec: API-14…API-17. */
import { EngineError, SOCKET_FRAMES_PER_SECOND, TokenBucket } from '@parley/engine'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import {
  cookiesNamed,
  endAfterRefusal,
  isSame,
  LOOPBACK_NAMES,
  STRANGERS_BURST,
  STRANGERS_PER_SECOND,
} from './secrets.ts'
import type { Tickets } from './tickets.ts'

const COOKIE_LIFETIME_SECONDS = 365 * 86_400
const SOCKET_TOKEN_PREFIX = 'bearer.'

export interface Guard {
  readonly token: string
  readonly tickets: Tickets
  /** The port that we listen on, known once we do. */
  port(): number
  /** Requests with the token that may come at once. */
  readonly burst: number
  /** Running time in milliseconds. */
  nowMs(): number
}

/** Checks every request before anything else looks at it. */
export function useGuard(server: FastifyInstance, guard: Guard): void {
  const known = new TokenBucket(guard.burst, SOCKET_FRAMES_PER_SECOND, guard.nowMs())
  const strangers = new TokenBucket(STRANGERS_BURST, STRANGERS_PER_SECOND, guard.nowMs())
  server.addHook('onRequest', async (request, reply) => {
    endAfterRefusal(request, reply)
    protect(reply, guard.port())
    if (!isOurHost(request, guard.port()) || !isOurOrigin(request, guard.port())) {
      throw new EngineError('FORBIDDEN_ORIGIN')
    }
    if (isTokenVisit(request)) {
      if (!strangers.take(guard.nowMs())) throw new EngineError('RATE_LIMITED')
      const candidate = queryToken(request)
      const hasToken = candidate !== undefined && isSame(guard.token, candidate)
      if (!hasToken && !guard.tickets.redeem(candidate)) return refuse(request, reply)
      return letIn(request, reply.header('set-cookie', cookieOf(guard)))
    }
    const isKnown = credentialsOf(request, guard.port()).some((candidate) => isSame(guard.token, candidate))
    if (!(isKnown ? known : strangers).take(guard.nowMs())) throw new EngineError('RATE_LIMITED')
    if (!isKnown) return refuse(request, reply)
  })
}

/** Headers of every answer, also of refusals. Inline code, other hosts and frames are off; so are sinks for markup. */
function protect(reply: FastifyReply, port: number): void {
  // The policy's grammar knows no IPv6 hosts; a browser there has 'self'.
  const names = LOOPBACK_NAMES.filter((name) => !name.startsWith('['))
  const sockets = names.map((name) => `ws://${name}:${port}`).join(' ')
  void reply.headers({
    'content-security-policy':
      `default-src 'self'; connect-src 'self' ${sockets}; base-uri 'none'; object-src 'none'; form-action 'self'; ` +
      "frame-ancestors 'none'; require-trusted-types-for 'script'",
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(self), geolocation=(), microphone=()',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'cache-control': 'no-store',
  })
}

function isOurHost(request: FastifyRequest, port: number): boolean {
  const host = request.headers.host?.toLowerCase()
  return LOOPBACK_NAMES.some((name) => host === `${name}:${port}`)
}

/** A browser says where a request comes from; programs say nothing and need the token anyway. */
function isOurOrigin(request: FastifyRequest, port: number): boolean {
  const { origin } = request.headers
  if (origin !== undefined && !LOOPBACK_NAMES.some((name) => origin === `http://${name}:${port}`)) return false
  const site = request.headers['sec-fetch-site']
  const isNavigation = request.headers['sec-fetch-mode'] === 'navigate' && request.method === 'GET'
  return site === undefined || site === 'same-origin' || site === 'none' || isNavigation
}

const isTokenVisit = (request: FastifyRequest): boolean =>
  request.method === 'GET' && request.url.startsWith('/?') && queryToken(request) !== undefined

function queryToken(request: FastifyRequest): string | undefined {
  return new URLSearchParams(request.url.slice(request.url.indexOf('?'))).get('token') ?? undefined
}

function credentialsOf(request: FastifyRequest, port: number): readonly string[] {
  const { authorization, 'sec-websocket-protocol': protocols } = request.headers
  const bearer = authorization?.startsWith('Bearer ') === true ? [authorization.slice('Bearer '.length)] : []
  const isSocket = request.headers.upgrade?.toLowerCase() === 'websocket'
  const offered = isSocket ? (protocols ?? '').split(',').map((part) => part.trim()) : []
  return [
    ...bearer,
    ...cookiesNamed(request, cookieName(port)),
    ...offered
      .filter((part) => part.startsWith(SOCKET_TOKEN_PREFIX))
      .map((part) => part.slice(SOCKET_TOKEN_PREFIX.length)),
  ]
}

/** Cookies do not know ports: two nodes on one machine need two names. */
const cookieName = (port: number): string => `parley-${port}`

const cookieOf = ({ token, port }: Guard): string =>
  `${cookieName(port())}=${token}; Path=/; Max-Age=${COOKIE_LIFETIME_SECONDS}; HttpOnly; SameSite=Strict`

/**
 * Takes the token out of the address bar. A browser that was sent here by another page would not take a strict cookie
 * through a redirect, so that one gets a page of ours which goes on by itself.
 */
function letIn(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const site = request.headers['sec-fetch-site']
  if (site !== 'cross-site' && site !== 'same-site') return reply.redirect('/', 303)
  return reply.type('text/html; charset=utf-8').send('<!doctype html><meta http-equiv="refresh" content="0; url=/">')
}

function refuse(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = new EngineError('UNAUTHORIZED')
  const isVisit = request.headers.accept?.includes('text/html') === true
  if (!isVisit) throw error
  const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Parley</title><p>${error.toProblem().title}</p></html>`
  return reply.code(401).type('text/html; charset=utf-8').send(page)
}
