import { EngineError } from '@parley/engine'
import { describe, expect, it } from 'vitest'
import { askHttp } from '../testing.ts'
import { startServer, type ServerOptions } from './server.ts'
import { Tickets } from './tickets.ts'

const TOKEN = 'x'.repeat(43)

/** A server in front of nothing, on a clock that a test moves. */
const serverOn = (time: { nowMs: number }, options: Partial<ServerOptions> = {}) =>
  startServer({
    port: 0,
    token: TOKEN,
    version: '0',
    log: { log() {} },
    nowMs: () => time.nowMs,
    pageRoot: '/nonexistent',
    client: () => {
      throw new EngineError('LOCKED')
    },
    controls: {
      status: () => ({ state: 'locked', version: '0' }),
      unlock: () => Promise.reject(new EngineError('PASSPHRASE_WRONG')),
      recover: () => Promise.reject(new TypeError('a defect with /srv/alice in it')),
      practice: () => Promise.reject(new EngineError('PRACTICE_UNAVAILABLE')),
    },
    ...options,
  })

describe('rates', () => {
  it('[API-16] slow strangers down without touching the owner', async () => {
    const time = { nowMs: 0 }
    const server = await serverOn(time)
    const statuses = []
    for (let count = 0; count < 201; count++) statuses.push((await askHttp(server.url, '/v1/me')).status)
    expect([statuses[0], statuses.at(-2), statuses.at(-1)]).toEqual([401, 401, 429])
    const headers = { authorization: `Bearer ${TOKEN}` }
    expect((await askHttp(server.url, '/v1/status', { headers })).status).toBe(200)
    time.nowMs += 1_000
    expect((await askHttp(server.url, '/v1/me')).status).toBe(401)
    await server.close()
  })
  it('[API-11] bound what the owner asks', async () => {
    const time = { nowMs: 0 }
    const server = await serverOn(time, { burst: 5 })
    const headers = { authorization: `Bearer ${TOKEN}` }
    const ask = () => askHttp(server.url, '/v1/status', { headers })
    for (let count = 0; count < 5; count++) expect((await ask()).status).toBe(200)
    expect((await ask()).json['code']).toBe('RATE_LIMITED')
    time.nowMs += 1
    expect((await ask()).status).toBe(200)
    await server.close()
  })
})

describe('refusals of the node', () => {
  it('[API-5] carry their codes, and hide defects', async () => {
    const server = await serverOn({ nowMs: 0 })
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }
    const codeOf = async (path: string, body: unknown) => {
      const answer = await askHttp(server.url, path, { method: 'POST', headers, body: JSON.stringify(body) })
      expect(answer.text).not.toContain('alice')
      return answer.json['code']
    }
    expect(await codeOf('/v1/unlock', { passphrase: 'x' })).toBe('PASSPHRASE_WRONG')
    expect(await codeOf('/v1/unlock', { passphrase: 7 })).toBe('INVALID_PARAMETERS')
    expect(await codeOf('/v1/unlock', { passphrase: 'x'.repeat(2_000) })).toBe('INVALID_PARAMETERS')
    expect(await codeOf('/v1/recover', { phrase: 'x' })).toBe('INTERNAL')
    expect(await codeOf('/v1/practice', {})).toBe('LOCKED')
    expect(await codeOf('/v1/invites', {})).toBe('LOCKED')
    await server.close()
  })
  it('says that the page is missing instead of failing', async () => {
    const server = await serverOn({ nowMs: 0 })
    const headers = { authorization: `Bearer ${TOKEN}`, accept: 'text/html' }
    const answer = await askHttp(server.url, '/', { headers })
    expect([answer.status, answer.text]).toEqual([503, expect.stringContaining('npm start')])
    await server.close()
  })
  it('[NODE-7] say which port is taken', async () => {
    const server = await serverOn({ nowMs: 0 })
    const port = Number(new URL(server.url).port)
    await expect(serverOn({ nowMs: 0 }, { port })).rejects.toMatchObject({
      code: 'ADDRESS_IN_USE',
      message: `Port ${port} of 127.0.0.1 is in use by another program. Choose another with --api-port, or 0 for any.`,
    })
    await server.close()
  })
})

describe('tickets', () => {
  it('[API-17] work once and for a minute, and few wait', () => {
    const time = { nowMs: 0 }
    const tickets = new Tickets(() => time.nowMs)
    const first = tickets.issue()
    expect([tickets.redeem(first), tickets.redeem(first), tickets.redeem('x'), tickets.redeem(undefined)]).toEqual([
      true,
      false,
      false,
      false,
    ])
    const late = tickets.issue()
    time.nowMs += 60_000
    expect(tickets.redeem(late)).toBe(false)
    const oldest = tickets.issue()
    const newer = Array.from({ length: 16 }, () => tickets.issue())
    expect([tickets.redeem(oldest), newer.every((ticket) => tickets.redeem(ticket))]).toEqual([false, true])
  })
})
