import { statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askHttp, type Folder, openScene, type Scene, temporaryFolder } from '../testing.ts'

let folder: Folder
let scene: Scene
beforeAll(async () => {
  folder = temporaryFolder()
  scene = await openScene(folder.path)
})
afterAll(async () => {
  await scene[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

const port = (): string => new URL(scene.ready.url).port
const bare = (path: string, headers: Record<string, string> = {}) => askHttp(scene.ready.url, path, { headers })

describe('the host', () => {
  it('[API-14] may be any name of this machine', async () => {
    for (const name of ['127.0.0.1', 'localhost', '[::1]', 'LOCALHOST']) {
      expect((await scene.ask('/v1/status', { headers: { host: `${name}:${port()}` } })).status).toBe(200)
    }
  })
  it('[API-14] must not be another name, another port or nothing, whatever the token', async () => {
    const hosts = [
      'evil.example',
      `evil.example:${port()}`,
      '127.0.0.1',
      '127.0.0.1:1',
      `127.0.0.1.evil.example:${port()}`,
    ]
    for (const host of hosts) {
      const answer = await scene.ask('/v1/status', { headers: { host } })
      expect([host, answer.status, answer.json['code']]).toEqual([host, 403, 'FORBIDDEN_ORIGIN'])
    }
  })
})

describe('the origin', () => {
  it('[API-15] may be missing or our own', async () => {
    for (const name of ['127.0.0.1', 'localhost', '[::1]']) {
      const headers = { origin: `http://${name}:${port()}`, 'sec-fetch-site': 'same-origin' }
      expect((await scene.ask('/v1/status', { headers })).status).toBe(200)
    }
  })
  it('[API-15] must not be another site, another port or another scheme', async () => {
    const origins = ['http://evil.example', 'http://127.0.0.1:1', `https://127.0.0.1:${port()}`, 'null', 'file://', '']
    for (const origin of origins) {
      const answer = await scene.ask('/v1/status', { headers: { origin } })
      expect([origin, answer.status, answer.json['code']]).toEqual([origin, 403, 'FORBIDDEN_ORIGIN'])
      expect(answer.headers['access-control-allow-origin']).toBeUndefined()
    }
  })
  it('[API-15] must not be hidden behind what the browser says of it', async () => {
    for (const site of ['cross-site', 'same-site']) {
      const headers = { 'sec-fetch-site': site, 'sec-fetch-mode': 'no-cors' }
      expect((await scene.ask('/v1/me', { headers })).json['code']).toBe('FORBIDDEN_ORIGIN')
    }
  })
  it('[API-15] gets no preflight', async () => {
    const headers = { origin: 'http://evil.example', 'access-control-request-method': 'POST' }
    const answer = await askHttp(scene.ready.url, '/v1/invites', { method: 'OPTIONS', headers })
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([403, undefined])
  })
})

describe('the token', () => {
  it('[API-16] is asked for everywhere', async () => {
    for (const path of [
      '/',
      '/v1/me',
      '/v1/status',
      '/v1/openapi.json',
      '/v1/socket',
      '/v1/none',
      '/assets/main-1a2b.js',
    ]) {
      const answer = await bare(path)
      expect([path, answer.status, answer.json['code']]).toEqual([path, 401, 'UNAUTHORIZED'])
      expect(answer.headers['content-type']).toContain('application/problem+json')
    }
  })
  it('[API-16] must be right', async () => {
    const { token } = scene.ready
    const wrong = ['', 'x', token.slice(1), `${token}x`, `${token.slice(0, -1)}-`, token.toUpperCase()]
    for (const guess of wrong) {
      expect((await bare('/v1/me', { authorization: `Bearer ${guess}` })).status).toBe(401)
      expect((await bare('/v1/me', { cookie: `parley-${port()}=${guess}` })).status).toBe(401)
    }
    expect((await bare('/v1/me', { authorization: token })).status).toBe(401)
    expect((await bare('/v1/me', { 'sec-websocket-protocol': `bearer.${token}` })).status).toBe(401)
  })
  it('[API-16] may be a header or a cookie of this port', async () => {
    const { token } = scene.ready
    expect((await scene.ask('/v1/me')).status).toBe(200)
    expect((await bare('/v1/me', { cookie: `a=b; parley-${port()}=${token}; c=d` })).status).toBe(200)
    expect((await bare('/v1/me', { cookie: `parley-1=${token}` })).status).toBe(401)
  })
  it('[API-16] is a file of 32 random bytes for the owner alone, and is never logged', async () => {
    expect(scene.ready.token).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(statSync(join(folder.path, 'token')).mode & 0o777).toBe(0o600)
    await bare(`/?token=${scene.ready.token}`)
    expect(scene.lines.join('\n')).not.toContain(scene.ready.token)
  })
  it('[API-16] refuses a browser in words', async () => {
    const answer = await bare('/', { accept: 'text/html' })
    expect([answer.status, answer.headers['content-type']]).toEqual([401, 'text/html; charset=utf-8'])
    expect(answer.text).toContain('Open the page again from the address that the node printed.')
  })
})

describe('the first visit', () => {
  it('[API-17] sets the cookie and leaves the token behind', async () => {
    const answer = await bare(`/?token=${scene.ready.token}`)
    expect([answer.status, answer.headers['location']]).toEqual([303, '/'])
    const [cookie = ''] = answer.headers['set-cookie'] ?? []
    expect(cookie).toMatch(new RegExp(`^parley-${port()}=.+; Path=/; Max-Age=\\d+; HttpOnly; SameSite=Strict$`))
    const page = await bare('/', { cookie: cookie.split(';', 1)[0] ?? '' })
    expect([page.status, page.text]).toEqual([200, '<!doctype html><title>page</title>'])
  })
  it('[API-17] from another page goes on by itself, because a strict cookie does not pass a redirect', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }
    const answer = await bare(`/?token=${scene.ready.token}`, headers)
    expect([answer.status, answer.text.includes('http-equiv="refresh"')]).toEqual([200, true])
    expect(answer.headers['set-cookie']).toBeDefined()
  })
  it('[API-17] with a wrong token is refused', async () => {
    const answer = await bare('/?token=wrong')
    expect([answer.status, answer.headers['set-cookie']]).toEqual([401, undefined])
  })
  it('[API-17] with a ticket works once', async () => {
    const url = new URL(scene.daemon.ticketUrl())
    expect(url.search).not.toContain(scene.ready.token)
    expect((await bare(url.pathname + url.search)).status).toBe(303)
    expect((await bare(url.pathname + url.search)).status).toBe(401)
  })
})

describe('every answer', () => {
  it('[API-18] forbids inline code, other hosts, frames, sniffing and referrers', async () => {
    for (const path of ['/', '/v1/me', '/v1/none', '/assets/main-1a2b.js', '/?token=wrong']) {
      const { headers } = await scene.ask(path)
      const policy = String(headers['content-security-policy'])
      for (const rule of ["default-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"]) {
        expect([path, policy]).toEqual([path, expect.stringContaining(rule)])
      }
      expect(policy).not.toMatch(/unsafe|\*|https:|data:/)
      expect([headers['x-content-type-options'], headers['referrer-policy']]).toEqual(['nosniff', 'no-referrer'])
    }
  })
  it('[API-18] keeps what is named by its hash and asks again for everything else', async () => {
    expect((await scene.ask('/assets/main-1a2b.js')).headers['cache-control']).toContain('immutable')
    expect((await scene.ask('/')).headers['cache-control']).toBe('no-cache')
    expect((await scene.ask('/v1/me')).headers['cache-control']).toBe('no-store')
  })
})
