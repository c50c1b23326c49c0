import { type ApiClient, EngineError } from '@parley/engine'
import { request } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { askHttp } from '../testing.ts'
import { startServer, type Server } from './server.ts'

const TOKEN = 'x'.repeat(43)
const CID = `bafkrei${'a'.repeat(52)}`
const PICTURE = Buffer.from(Array.from({ length: 300 }, (_, at) => (at * 7) % 256))

let server: Server | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

/** A server in front of an engine that knows one picture. */
const serve = async (asked: unknown[] = [], hasPassphrase = false): Promise<string> => {
  const call = async (name: string, params: { readonly cid?: string }) => {
    if (name === 'me.get') return { hasPassphrase }
    asked.push(name, params)
    if (params.cid !== CID) throw new EngineError('AVATAR_NOT_FOUND')
    return { mediaType: 'image/webp', image: PICTURE.toString('base64') }
  }
  server = await startServer({
    port: 0,
    token: TOKEN,
    version: '0',
    log: { log() {} },
    pageRoot: '/nonexistent',
    client: () => ({ call }) as unknown as ApiClient,
    controls: {
      status: () => ({ state: 'open', version: '0' }),
      unlock: () => Promise.resolve(),
      recover: () => Promise.resolve(),
      practice: () => Promise.reject(new EngineError('PRACTICE_UNAVAILABLE')),
    },
  })
  return server.url
}

const bytesOf = (url: string, path: string, headers: Readonly<Record<string, string>>): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const sent = request(new URL(path, url), { headers, agent: false }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () => resolve(Buffer.concat(parts)))
    })
    sent.on('error', reject)
    sent.end()
  })

describe('pictures', () => {
  it('[NODE-10] come as they are, with the cookie of the page', async () => {
    const url = await serve()
    const cookie = `parley-${new URL(url).port}=${TOKEN}`
    expect(await bytesOf(url, `/v1/avatars/${CID}`, { cookie })).toEqual(PICTURE)
  })

  it('[NODE-10] may be kept, and may do nothing when they are opened alone', async () => {
    const url = await serve()
    const headers = { authorization: `Bearer ${TOKEN}` }
    const answer = await askHttp(url, `/v1/avatars/${CID}`, { headers })
    expect(answer.status).toBe(200)
    expect(answer.headers).toMatchObject({
      'content-type': 'image/webp',
      'content-length': String(PICTURE.length),
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'cross-origin-resource-policy': 'same-origin',
    })
    expect(answer.headers['cache-control']).toMatch(/^private, max-age=\d+, immutable$/)
  })

  it('[NODE-10] are not left in clear in a browser while a passphrase seals the node', async () => {
    const url = await serve([], true)
    const answer = await askHttp(url, `/v1/avatars/${CID}`, { headers: { authorization: `Bearer ${TOKEN}` } })
    expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'no-store'])
  })

  it('[NODE-10] that nobody has are a problem, and are asked for again the next time', async () => {
    const url = await serve()
    const headers = { authorization: `Bearer ${TOKEN}` }
    const answer = await askHttp(url, `/v1/avatars/bafkrei${'b'.repeat(52)}`, { headers })
    expect([answer.status, answer.json['code']]).toEqual([404, 'AVATAR_NOT_FOUND'])
    expect(answer.headers).toMatchObject({
      'content-type': 'application/problem+json; charset=utf-8',
      'cache-control': 'no-store',
    })
  })

  it('[NODE-10] have a CID for a name, else the engine hears nothing', async () => {
    const asked: unknown[] = []
    const url = await serve(asked)
    const headers = { authorization: `Bearer ${TOKEN}` }
    for (const name of ['x', `${CID}a`, `QmA${CID}`, '..%2f..%2ftoken', `${CID}%00`]) {
      const answer = await askHttp(url, `/v1/avatars/${name}`, { headers })
      expect([name, answer.status, answer.json['code']]).toEqual([name, 400, 'INVALID_PARAMETERS'])
    }
    expect(asked).toEqual([])
  })

  it('[API-16] are for holders of the token alone', async () => {
    const url = await serve()
    expect((await askHttp(url, `/v1/avatars/${CID}`)).status).toBe(401)
    const headers = { authorization: `Bearer ${TOKEN}`, origin: 'https://elsewhere.example' }
    expect((await askHttp(url, `/v1/avatars/${CID}`, { headers })).json['code']).toBe('FORBIDDEN_ORIGIN')
  })

  it('[API-2] stand in the document', async () => {
    const url = await serve()
    const document = (await askHttp(url, '/v1/openapi.json', { headers: { authorization: `Bearer ${TOKEN}` } })).json
    expect(document['paths']?.['/v1/avatars/{cid}']?.['get']?.['operationId']).toBe('avatars.picture')
  })
})
