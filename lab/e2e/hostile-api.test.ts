import { once } from 'node:events'
import { request } from 'node:http'
import { expect, test } from 'vitest'
import type { Daemon } from './support/daemon.ts'
import { Stage } from './support/stage.ts'
import { until } from './support/until.ts'

const SOCKET_FRAME_BYTES_MAX = 1_048_576

test('another name, another website and a missing token are refused before anything else is looked at', async () => {
  await using stage = new Stage()
  const daemon = await stage.daemon('alice', { name: 'Alice' })
  const { host, port } = new URL(daemon.url)
  const bearer = { authorization: `Bearer ${daemon.token}` }
  const forbidden: readonly Readonly<Record<string, string>>[] = [
    { host: `parley.example:${port}`, ...bearer },
    { host: `localhost.example:${port}`, ...bearer },
    { host: '127.0.0.1', ...bearer },
    { host, origin: 'https://example.org', ...bearer },
    { host, origin: `http://127.0.0.1:${Number(port) + 1}`, ...bearer },
    { host, origin: 'null', ...bearer },
    { host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', ...bearer },
  ]
  for (const headers of forbidden) {
    const answer = await ask(daemon, headers)
    expect([answer.status, answer.body], JSON.stringify(headers)).toEqual([403, 'FORBIDDEN_ORIGIN'])
    expect(answer.allowsOrigin).toBeUndefined()
  }
  for (const headers of [
    { host },
    { host, authorization: 'Bearer ' },
    { host, authorization: `Bearer x${daemon.token}` },
  ]) {
    const answer = await ask(daemon, headers)
    expect([answer.status, answer.body]).toEqual([401, 'UNAUTHORIZED'])
  }
  expect((await ask(daemon, { host, ...bearer })).status).toBe(200)
  expect(await openSocket(daemon, ['parley.v1', 'bearer.wrong'])).toBe('refused')
  expect(await openSocket(daemon, ['parley.v1'])).toBe('refused')
})

test('garbage on the socket ends that socket at most; the others and the node go on', async () => {
  await using stage = new Stage()
  const { alice, bob, conversation } = await stage.friends()
  const listening = alice.api
  await listening.call('me.get', {})

  const survivors = ['{"id":1}', '{"id":2,"call":"me.steal","params":{}}', '{"id":3,"call":"me.get","params":{"x":1}}']
  const socket = await openSocket(alice)
  if (typeof socket === 'string') throw new Error(socket)
  const answers: unknown[] = []
  socket.addEventListener('message', ({ data }) => answers.push(JSON.parse(String(data))))
  for (const frame of survivors) socket.send(frame)
  await until('each is answered', () => answers.length === survivors.length)
  expect(answers).toMatchObject([
    { problem: { status: 400 } },
    { problem: { status: 404 } },
    { problem: { status: 400 } },
  ])
  socket.close()

  const killers: readonly (readonly [what: string | Uint8Array<ArrayBuffer>, code: number])[] = [
    ['not JSON', 1007],
    ['[1,2,3]', 1007],
    ['{"call":"me.get"}', 1007],
    [`{"id":${'9'.repeat(400)}}`, 1007],
    [new Uint8Array(64), 1003],
    [`{"id":1,"call":"me.get","params":"${'x'.repeat(SOCKET_FRAME_BYTES_MAX)}"}`, 1009],
  ]
  for (const [frame, code] of killers) {
    const victim = await openSocket(alice)
    if (typeof victim === 'string') throw new Error(victim)
    const closed = new Promise<number>((resolve) => victim.addEventListener('close', (event) => resolve(event.code)))
    victim.send(frame)
    expect(await closed, String(frame).slice(0, 40)).toBe(code)
  }
  expect(listening.socket.state()).toBe('open')
  await bob.api.send(conversation, 'All is well')
  await alice.api.received(conversation, 'All is well')

  const path = `/v1/conversations/${conversation}/messages`
  const large = await alice.rest('POST', path, { text: 'x'.repeat(SOCKET_FRAME_BYTES_MAX) })
  expect(large).toMatchObject({ status: 413, body: { code: 'TOO_LARGE' } })
  expect(await alice.rest('POST', path, { text: 'Hi', sender: 'me' })).toMatchObject({ status: 400 })
  expect(await alice.rest('POST', path, { text: 5 })).toMatchObject({
    status: 400,
    body: { code: 'INVALID_PARAMETERS' },
  })
})

interface Heard {
  readonly status: number
  readonly body: unknown
  readonly allowsOrigin: string | undefined
}

/** `GET /v1/me` with exactly these headers, which `fetch` would not send. `body` is the problem's code. */
async function ask(daemon: Daemon, headers: Readonly<Record<string, string>>): Promise<Heard> {
  const { hostname, port } = new URL(daemon.url)
  const asked = request({ hostname, port, path: '/v1/me', headers })
  asked.end()
  const [response] = await once(asked, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  const body: unknown = JSON.parse(Buffer.concat(chunks).toString())
  const code = typeof body === 'object' && body !== null && 'code' in body ? body.code : undefined
  return { status: response.statusCode, body: code, allowsOrigin: response.headers['access-control-allow-origin'] }
}

async function openSocket(
  daemon: Daemon,
  protocols = ['parley.v1', `bearer.${daemon.token}`],
): Promise<WebSocket | 'refused'> {
  const socket = new WebSocket(`${daemon.url.replace('http', 'ws')}/v1/socket`, protocols)
  return new Promise((resolve) => {
    socket.addEventListener('open', () => resolve(socket))
    socket.addEventListener('error', () => resolve('refused'))
  })
}
