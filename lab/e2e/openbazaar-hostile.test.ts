/** What a broken or malicious client sends to OpenBazaar's API, and what a website tries through a browser. */
import { once } from 'node:events'
import { request } from 'node:http'
import { expect, test } from 'vitest'
import { OldClient, OPENBAZAAR_FLAGS } from './support/openbazaar.ts'
import { Stage } from './support/stage.ts'

const LARGE_BYTES = 50 * 1_048_576
const others = OPENBAZAAR_FLAGS

test('[OBG-5] [OBG-10] [OBG-11] wrong bodies, long texts and queries in disguise change nothing', async () => {
  await using stage = new Stage()
  const { alice, bob } = await stage.friends({ others })
  using a = await OldClient.open(alice)
  using b = await OldClient.open(bob)
  const peerId = b.peerId
  const wrong: readonly (readonly [body: string, status: number, reason: string | RegExp])[] = [
    ['', 400, 'EOF'],
    ['{', 400, /JSON/],
    ['nonsense', 400, /JSON/],
    ['[]', 400, 'json: cannot unmarshal array into Go value of type repo.ChatMessage'],
    ['5', 400, 'json: cannot unmarshal number into Go value of type repo.ChatMessage'],
    ['{"message": 5}', 400, 'json: cannot unmarshal number into Go struct field .message of type string'],
    ['['.repeat(200_000), 400, /JSON/],
    [`${'['.repeat(100_000)}${']'.repeat(100_000)}`, 400, /array/],
    ['null', 500, "input isn't valid multihash"],
    ['{"__proto__": {"peerId": "x"}, "constructor": 1}', 500, "input isn't valid multihash"],
    [JSON.stringify({ peerId: `${peerId}x`, message: 'x' }), 500, "input isn't valid multihash"],
    [JSON.stringify({ peerId: 'Q'.repeat(100_000), message: 'x' }), 500, "input isn't valid multihash"],
    [JSON.stringify({ peerId: a.peerId, message: 'x' }), 500, /somebody else/],
    [JSON.stringify({ peerId, message: 'x'.repeat(20_001) }), 400, 'Message is too long'],
    [JSON.stringify({ peerId, message: '👩'.repeat(20_001) }), 400, 'Message is too long'],
    [JSON.stringify({ peerId, message: 'x', subject: 's'.repeat(501) }), 400, 'Subject line is too long'],
  ]
  for (const [body, status, reason] of wrong) {
    const answer = await a.post('/ob/chat', body)
    expect([answer.status, answer.body], body.slice(0, 60)).toEqual([
      status,
      { success: false, reason: typeof reason === 'string' ? reason : expect.stringMatching(reason) },
    ])
  }
  expect(await a.messages(peerId)).toEqual([])

  const injections = [
    "'; DROP TABLE entries; --",
    "' OR '1'='1",
    '" OR ""="',
    '%',
    '\u0000',
    '../../etc/passwd',
    '${1+1}',
  ]
  const said = [
    ...injections.filter((text) => text !== '\u0000'),
    '日'.repeat(6_667),
    '🐴'.repeat(20_000),
    'x'.repeat(20_000),
    'bell\u0007 and escape\u001b[31m',
    '\u202Ereversed',
  ]
  for (const text of said) await a.chat(peerId, text)
  const shown = said.map((text) => text.replaceAll(/[\u0007\u001b\u202E]/g, ''))
  expect(await a.texts(peerId)).toEqual(shown.toReversed())
  await b.heard('message', ({ message }) => message === shown.at(-1))
  expect(await b.texts(a.peerId)).toEqual(shown.toReversed())
  for (const text of injections) {
    const part = encodeURIComponent(text)
    for (const query of [`?subject=${part}`, `?offsetId=${part}`]) {
      const { status, body } = await a.get(`/ob/chatmessages/${peerId}${query}`)
      expect([status, body], query).toEqual([200, []])
    }
    expect((await a.get(`/ob/chatmessages/${part}`)).body, text).toEqual([])
    expect((await a.ask('DELETE', `/ob/chatmessage/${part}`)).body, text).toEqual({})
    expect((await a.ask('DELETE', `/ob/chatconversation/${part}`)).body, text).toEqual({})
    expect((await a.post(`/ob/markchatasread/${part}`)).body, text).toEqual({})
    expect((await a.get(`/ob/profile/${part}`)).status, text).toBe(404)
    expect((await a.post(`/ob/blocknode/${part}`)).status, text).toBe(500)
    const about = await a.post('/ob/chat', { peerId, message: 'with a subject', subject: text })
    expect(about.status, text).toBe(text === '\u0000' ? 400 : 200)
  }
  expect(await a.texts(peerId, `?subject=${encodeURIComponent("' OR '1'='1")}`)).toEqual(['with a subject'])
  for (const path of [
    '/ob/%ff',
    '/ob/%',
    '/ob/',
    '/ob',
    '/',
    '/wallet/balance',
    '/ob/sendmessage',
    '/ob/constructor',
  ]) {
    const { status, body } = await a.get(path)
    expect([status, body], path).toEqual([404, { success: false, reason: expect.any(String) }])
  }
  const tooMany = JSON.stringify(Array.from({ length: 10_001 }, (_, index) => `${index}`))
  for (const body of ['{"not": "a list"}', '[1]', '5', tooMany]) {
    expect((await a.post('/ob/fetchprofiles', body)).status, body.slice(0, 20)).toBe(400)
  }
  expect((await a.post('/ob/groupchat', { peerIds: 5, subject: 's', message: 'm' })).status).toBe(400)
  expect((await a.post('/ob/settings', { blockedNodes: [1] })).status).toBe(400)
  expect((await a.ask('PUT', '/ob/profile', { name: '', handle: 'x' })).status).toBe(400)
  expect((await a.ask('PUT', '/ob/profile', { name: 'x'.repeat(41) })).status).toBe(400)
  expect((await a.ask('PUT', '/ob/profile', { name: 'Alice', handle: '@alice' })).status).toBe(400)
  const deep = `{"name": "Alice", "colors": {"a": ${'['.repeat(1_000)}${']'.repeat(1_000)}}}`
  expect((await a.ask('PUT', '/ob/profile', deep)).status).toBe(400)
  const large = await a.ask('PUT', '/ob/profile', { name: 'Alice', shortDescription: 'x'.repeat(9_000) })
  expect(large.status).toBe(400)
  expect(await a.texts(peerId)).toEqual(shown.toReversed())
})

test('[OBG-2] [OBG-3] [OBG-4] [OBG-5] [OBG-16] strangers, websites, floods and floods of bytes are refused', async () => {
  await using stage = new Stage()
  const alice = await stage.daemon('alice', { name: 'Alice', others })
  using a = await OldClient.open(alice)
  using other = await a.window()
  const { host, port } = new URL(a.url)
  const cookie = a.cookie
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`
  const refused: readonly Readonly<Record<string, string>>[] = [
    { host },
    { host, cookie: 'OpenBazaar_Auth_Cookie=' },
    { host, cookie: `${cookie}x` },
    { host, authorization: basic('openbazaar:') },
    { host, authorization: basic(':') },
    { host, authorization: `Bearer ${alice.token}` },
    { host: `rebound.example:${port}`, cookie },
    { host: `localhost.example:${port}`, cookie },
    { host: '127.0.0.1', cookie },
    { host, cookie, origin: 'https://example.org' },
    { host, cookie, origin: 'null' },
    { host, cookie, origin: 'file://' },
    { host, cookie, origin: `http://127.0.0.1:${Number(port) + 1}` },
    { host, cookie, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
    { host, cookie, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
    { host, cookie, 'sec-fetch-site': 'same-site' },
  ]
  for (const headers of refused) {
    const answer = await raw(a.url, 'GET', '/ob/config', headers)
    expect([answer.status, answer.text], JSON.stringify(headers)).toEqual([403, '403 - Forbidden'])
    expect(answer.headers['content-type']).toContain('text/plain')
    expect(answer.headers['access-control-allow-origin']).toBeUndefined()
    expect((await raw(a.url, 'GET', '/ws', { ...headers, ...upgrade })).status).toBe(403)
  }
  expect((await raw(a.url, 'OPTIONS', '/ob/chat', { host, origin: 'https://example.org' })).status).toBe(403)
  expect((await raw(a.url, 'GET', '/ob/config', { host, cookie, origin: a.url })).status).toBe(200)

  const large = await raw(a.url, 'POST', '/ob/chat', { host, cookie, 'content-length': String(LARGE_BYTES) }, 'x')
  expect([large.status, large.text]).toEqual([413, '{"success":false,"reason":"http: request body too large"}'])
  const seen = other.frames.length
  a.say('{"message": {"message": "forged", "peerId": "x", "outgoing": false}}')
  a.say('nonsense')
  await a.post('/ob/profile', { name: 'Alice' })
  await a.ask('PATCH', '/ob/profile', { handle: 'alice' })
  await other.heardStatus()
  expect(JSON.stringify(other.frames.slice(seen))).not.toContain('forged')
  a.say('x'.repeat(20_000))
  expect((await a.get('/ob/config')).status).toBe(200)
  expect(other.isConnected).toBe(true)
})

const upgrade = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
}

interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
}

/** One request with exactly these headers; a body that was announced and never comes is left open. */
async function raw(
  url: string,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  part?: string,
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url)
  const asked = request({ hostname, port, path, method, headers, agent: false })
  asked.on('error', () => undefined)
  if (part === undefined) asked.end()
  else asked.write(part)
  const [response] = await once(asked, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  asked.destroy()
  return { status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString() }
}
