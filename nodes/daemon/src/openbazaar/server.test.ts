/** OpenBazaar's API in front of a real daemon in this process. */
import { SOCKETS_MAX, WAITING_MESSAGES_MAX } from './limits.ts'
import { readFileSync, statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Answer, type Ask, askHttp, asText, openScene, type Scene, temporaryFolder } from '../testing.ts'
import type { DaemonOptions } from '../daemon.ts'
import { cookiePath } from './cookie.ts'

const STRANGER = 'Qmd5qDpcYkHCmkj9pMXU9TKBqEDWgEmtoHD5xjdJgumaHg'
const PASSWORD = 'correct horse'
const OPEN = { host: '127.0.0.1', port: 0, user: 'openbazaar', origins: [] }

const serve = (data: string, options: Partial<DaemonOptions> = {}): Promise<Scene> =>
  openScene(data, { openBazaar: OPEN, ...options })

const cookieOf = ({ data }: Scene): string => readFileSync(cookiePath(data), 'utf8').trim()

/** With the cookie. */
const ask = (
  scene: Scene,
  method: string,
  path: string,
  body?: unknown,
  headers: Ask['headers'] = {},
): Promise<Answer> =>
  askHttp(scene.ready.openbazaarUrl ?? '', path, {
    method,
    headers: { cookie: cookieOf(scene), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })

describe("OpenBazaar's API", () => {
  it('[OBG-1] [OBG-2] is off by default, and its cookie is kept for the owner alone', async () => {
    using folder = temporaryFolder()
    {
      await using scene = await openScene(folder.path)
      expect(scene.ready.openbazaarUrl).toBeUndefined()
    }
    let cookie: string
    {
      await using scene = await serve(folder.path)
      cookie = cookieOf(scene)
      expect(statSync(cookiePath(folder.path)).mode & 0o777).toBe(0o600)
      expect((await ask(scene, 'GET', '/ob/healthcheck')).text).toBe('{}')
      expect(scene.lines.join('\n')).not.toContain(cookie)
    }
    await using scene = await serve(folder.path)
    expect(cookieOf(scene)).toBe(cookie)
  })
  it('[OBG-2] [OBG-4] opens to a password and to the origins that were allowed, and to nothing like them', async () => {
    using folder = temporaryFolder()
    const origin = 'http://localhost:9090'
    await using scene = await serve(folder.path, { openBazaar: { ...OPEN, password: PASSWORD, origins: [origin] } })
    const url = scene.ready.openbazaarUrl ?? ''
    const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })
    const config = (headers: Readonly<Record<string, string>>): Promise<Answer> =>
      askHttp(url, '/ob/config', { headers })
    expect((await config(basic(`openbazaar:${PASSWORD}`))).status).toBe(200)
    for (const wrong of [`openbazaar:${PASSWORD}x`, `x:${PASSWORD}`, `:${PASSWORD}`, 'openbazaar:', PASSWORD]) {
      const answer = await config(basic(wrong))
      expect([answer.status, answer.text], wrong).toEqual([403, '403 - Forbidden'])
    }
    const allowed = await config({ ...basic(`openbazaar:${PASSWORD}`), origin, 'sec-fetch-site': 'cross-site' })
    expect([allowed.status, allowed.headers['access-control-allow-origin'], allowed.headers['vary']]).toEqual([
      200,
      origin,
      'Origin',
    ])
    const preflight = await askHttp(url, '/ob/chat', { method: 'OPTIONS', headers: { origin } })
    expect([preflight.status, preflight.headers['access-control-allow-credentials']]).toEqual([204, 'true'])
    expect(preflight.headers['access-control-allow-methods']).toContain('PATCH')
    for (const other of ['http://localhost:9091', 'null', 'http://localhost:9090.example']) {
      const answer = await config({ ...basic(`openbazaar:${PASSWORD}`), origin: other })
      expect([answer.status, answer.headers['access-control-allow-origin']], other).toEqual([403, undefined])
    }
  })
  it('[OBG-2] slows strangers down', async () => {
    using folder = temporaryFolder()
    await using scene = await serve(folder.path)
    const url = scene.ready.openbazaarUrl ?? ''
    const answers = await Promise.all(Array.from({ length: 300 }, () => askHttp(url, '/ob/config')))
    expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThan(50)
    expect((await ask(scene, 'GET', '/ob/config')).status).toBe(200)
  })
  it('[OBG-5] answers a locked node in its own form, and works once it is open', async () => {
    using folder = temporaryFolder()
    {
      await using scene = await serve(folder.path)
      await ask(scene, 'POST', '/ob/chat', { peerId: STRANGER, message: 'before' })
      const sealed = await scene.send('POST', '/v1/me/passphrase', { passphrase: PASSWORD })
      expect(sealed.status).toBe(200)
    }
    await using scene = await serve(folder.path)
    for (const [method, path] of [
      ['GET', '/ob/chatconversations'],
      ['POST', '/ob/chat'],
      ['GET', '/ob/config'],
    ] as const) {
      const { status, json } = await ask(scene, method, path)
      expect([status, json['success']], path).toEqual([500, false])
      expect(json['reason']).toContain('locked')
    }
    expect((await ask(scene, 'GET', '/ob/nothing')).status).toBe(404)
    const socket = await openSocket(scene)
    const closed = new Promise((resolve) => socket.addEventListener('close', resolve))
    expect((await scene.send('POST', '/v1/unlock', { passphrase: PASSWORD })).status).toBe(200)
    await closed
    expect((await ask(scene, 'GET', '/ob/chatconversations')).text).toContain('before')
  })
  it('[OBG-12] keeps what waits for strangers as it is, and refuses the newest when that is too much', async () => {
    using folder = temporaryFolder()
    await using scene = await serve(folder.path)
    const write = (message: string): Promise<Answer> => ask(scene, 'POST', '/ob/chat', { peerId: STRANGER, message })
    for (let index = 0; index < WAITING_MESSAGES_MAX; index++) {
      const { status } = await write(`${index}`)
      if (status !== 200) expect([index, status]).toEqual([index, 200])
    }
    expect(await write('one more')).toMatchObject({ status: 500, json: { success: false } })
    const kept = await ask(scene, 'GET', `/ob/chatmessages/${STRANGER}`)
    const texts: unknown = JSON.parse(kept.text)
    expect(texts).toHaveLength(WAITING_MESSAGES_MAX)
    expect((await ask(scene, 'DELETE', `/ob/chatconversation/${STRANGER}`)).text).toBe('{}')
    expect((await write('x'.repeat(20_000))).status).toBe(200)
    for (let index = 0; index < 20; index++) await write('x'.repeat(20_000))
    expect((await write('x'.repeat(20_000))).status).toBe(500)
    expect((await write('short')).status).toBe(200)
  })
  it('[OBG-13] blocks strangers of whom only the id is known, and remembers it', async () => {
    using folder = temporaryFolder()
    {
      await using scene = await serve(folder.path)
      await ask(scene, 'POST', '/ob/settings', {})
      expect((await ask(scene, 'POST', `/ob/blocknode/${STRANGER}`)).text).toBe('{}')
      expect((await ask(scene, 'POST', `/ob/blocknode/${STRANGER}`)).text).toBe('{}')
      expect((await ask(scene, 'POST', '/ob/chat', { peerId: STRANGER, message: 'x' })).status).toBe(500)
    }
    await using scene = await serve(folder.path)
    const settings = await ask(scene, 'GET', '/ob/settings')
    expect(settings.json['blockedNodes']).toEqual([STRANGER])
    expect((await ask(scene, 'PATCH', '/ob/settings', { blockedNodes: [] })).text).toBe('{}')
    expect((await ask(scene, 'POST', '/ob/chat', { peerId: STRANGER, message: 'x' })).status).toBe(200)
  })
  it('[OBG-18] keeps whom its owner follows', async () => {
    using folder = temporaryFolder()
    await using scene = await serve(folder.path)
    for (let twice = 0; twice < 2; twice++)
      expect((await ask(scene, 'POST', '/ob/follow', { id: STRANGER })).text).toBe('{}')
    expect((await ask(scene, 'GET', '/ob/following')).text).toBe(JSON.stringify([STRANGER]))
    expect((await ask(scene, 'POST', '/ob/follow', { id: 'x' })).status).toBe(500)
    expect((await ask(scene, 'POST', '/ob/unfollow', { id: STRANGER })).text).toBe('{}')
    expect((await ask(scene, 'GET', '/ob/following')).text).toBe('[]')
    expect((await ask(scene, 'GET', '/ob/followers')).text).toBe('[]')
    expect((await ask(scene, 'GET', '/ob/notifications?limit=5')).json).toEqual({
      notifications: [],
      total: 0,
      unread: 0,
    })
  })
  it('[OBG-19] signs, and really verifies', async () => {
    using folder = temporaryFolder()
    await using scene = await serve(folder.path)
    const content = 'I sell bicycles'
    const signed = (await ask(scene, 'POST', '/ob/signmessage', { content })).json
    expect(signed['pubkey']).toMatch(/^08011220[0-9a-f]{64}$/)
    const verify = async (change: object): Promise<unknown> =>
      JSON.parse((await ask(scene, 'POST', '/ob/verifymessage', { content, ...signed, ...change })).text)
    expect(await verify({})).toEqual({ error: '', peerId: signed['peerId'] })
    const failed = { error: 'VERIFICATION_FAILED' }
    expect(await verify({ content: `${content}!` })).toEqual(failed)
    expect(await verify({ signature: '00'.repeat(64) })).toEqual(failed)
    expect(await verify({ signature: '' })).toEqual(failed)
    expect(await verify({ pubkey: `08011220${'00'.repeat(32)}` })).toEqual(failed)
    expect(await verify({ pubkey: '00' })).toEqual(failed)
    expect(await verify({ peerId: STRANGER })).toEqual({ error: 'PEER_ID_PUBKEY_MISMATCH' })
    expect((await ask(scene, 'POST', '/ob/verifymessage', { signature: 'xyz' })).status).toBe(400)
    expect((await ask(scene, 'POST', '/ob/signmessage', { content: '/ipns/x' })).status).toBe(400)
    const { json } = await ask(scene, 'POST', '/ob/hashmessage', { content: 'hello' })
    expect(json['hash']).toBe('QmRN6wdp1S2A5EtjW9A3M1vKSBuQQGcgvuhoMUoEz4iiT5')
  })
  it('[OBG-17] says who and where it is, and ends when it is asked', async () => {
    using folder = temporaryFolder()
    const ended = Promise.withResolvers<void>()
    await using scene = await serve(folder.path, { onShutDown: ended.resolve })
    const config = (await ask(scene, 'GET', '/ob/config')).json
    expect(config).toEqual({ peerID: expect.stringMatching(/^Qm/), testnet: false, tor: false, wallets: [] })
    const own = asText(config['peerID'])
    expect((await ask(scene, 'GET', `/ob/status/${own}`)).json).toEqual({ status: 'online' })
    expect((await ask(scene, 'GET', `/ob/status/${STRANGER}`)).json).toEqual({ status: 'offline' })
    expect((await ask(scene, 'GET', '/ob/status/x')).status).toBe(400)
    expect((await ask(scene, 'GET', `/ob/peerinfo/${STRANGER}`)).status).toBe(404)
    expect((await ask(scene, 'GET', `/ob/peerinfo/${own}`)).json['Addrs']).toEqual([
      expect.stringMatching(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+$/),
    ])
    for (const path of ['/ob/peers', `/ob/closestpeers/${STRANGER}`, '/ob/closestpeers/x']) {
      expect((await ask(scene, 'GET', path)).text).toBe('[]')
    }
    expect((await ask(scene, 'GET', '/ob/scanofflinemessages')).text).toBe('{}')
    expect((await ask(scene, 'GET', '/ob/config/more///')).status, '[OBG-6]').toBe(200)
    expect((await ask(scene, 'POST', '/ob/config')).status).toBe(404)
    expect((await ask(scene, 'POST', '/ob/shutdown')).text).toBe('{}')
    await ended.promise
  })
  it('[OBG-20] [OBG-3] takes so many sockets and no more', async () => {
    using folder = temporaryFolder()
    await using scene = await serve(folder.path)
    const sockets = await Promise.all(Array.from({ length: SOCKETS_MAX }, () => openSocket(scene)))
    expect(sockets).toHaveLength(SOCKETS_MAX)
    await expect(openSocket(scene)).rejects.toThrow('refused')
    sockets[0]?.close()
    await new Promise((resolve) => sockets[0]?.addEventListener('close', resolve))
    const again = await openSocket(scene)
    again.close()
    const { port } = new URL(scene.ready.openbazaarUrl ?? '')
    expect((await ask(scene, 'GET', '/ob/config', undefined, { host: `rebound.example:${port}` })).status).toBe(403)
    expect((await ask(scene, 'GET', '/ob/config', undefined, { host: `192.168.1.5:${port}` })).status).toBe(403)
    expect((await ask(scene, 'GET', '/ob/config', undefined, { host: `localhost:${port}` })).status).toBe(200)
  })
  it('[OBG-3] accepts addresses and its own name when others can reach it, and no other name', async () => {
    using folder = temporaryFolder()
    await using scene = await serve(folder.path, { openBazaar: { ...OPEN, host: '0.0.0.0', password: PASSWORD } })
    const { port } = new URL(scene.ready.openbazaarUrl ?? '')
    const statusAt = async (host: string): Promise<number> =>
      (await ask(scene, 'GET', '/ob/config', undefined, { host: `${host}:${port}` })).status
    for (const host of ['127.0.0.1', '192.168.1.5', '[::1]', '0.0.0.0']) expect(await statusAt(host), host).toBe(200)
    for (const host of ['rebound.example', '1.2.3.4.example']) expect(await statusAt(host), host).toBe(403)
  })
})

async function openSocket(scene: Scene): Promise<WebSocket> {
  const url = `${(scene.ready.openbazaarUrl ?? '').replace('http', 'ws')}/ws`
  const socket: WebSocket = Reflect.construct(WebSocket, [url, { headers: { cookie: cookieOf(scene) } }])
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', () => reject(new Error('refused')))
  })
  return socket
}
