import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Stage } from './support/stage.ts'
import { until } from './support/until.ts'

const KEYS = ['account', 'addresses', 'peerId', 'state', 'token', 'url']
const STOP_MS = 2_000

test('a script starts a node, reads one JSON line, and ends it cleanly within two seconds', async () => {
  await using stage = new Stage()
  const daemon = await stage.daemon('alice', { name: 'Alice' })
  expect(Object.keys(daemon.ready).sort()).toEqual(KEYS)
  expect(daemon.ready).toMatchObject({
    url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    token: expect.stringMatching(/^[\w-]{43,}$/),
    state: 'open',
    account: expect.stringMatching(/^did:key:z6Mk/),
    peerId: expect.stringMatching(/^12D3KooW/),
  })
  expect(daemon.addresses[0]).toMatch(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\/12D3KooW/)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    if (!daemon.child.isRunning) await daemon.start()
    // A page and a socket are open while it ends.
    await daemon.api.call('me.get', {})
    const startedAt = performance.now()
    daemon.child.signal(signal)
    expect(await daemon.child.exited, signal).toEqual({ code: 0, signal: null })
    expect(performance.now() - startedAt, signal).toBeLessThan(STOP_MS)
    expect(daemon.child.printed, 'one line and nothing else').toHaveLength(1)
    expect(daemon.child.log.filter((line) => !line.startsWith('{'))).toEqual([])
    expect(existsSync(join(daemon.data, 'running.json'))).toBe(false)
    daemon.closeApi()
  }
})

test('two scripts make contact, write, read and block with nothing but HTTP', async () => {
  await using stage = new Stage()
  const [alice, bob] = await Promise.all([
    stage.daemon('alice', { name: 'Alice' }),
    stage.daemon('bob', { name: 'Bob' }),
  ])
  const me = await alice.rest('GET', '/v1/me')
  expect(me).toMatchObject({ status: 200, body: { name: 'Alice', account: alice.ready['account'] } })

  const invite = await alice.rest('POST', '/v1/invites')
  expect(invite).toMatchObject({ status: 200, body: { link: expect.any(String) } })
  const link = field(invite.body, 'link')
  const asked = await bob.rest('POST', '/v1/contacts', { link, text: 'Hello, it is Bob.' })
  expect(asked).toMatchObject({ status: 200, body: { kind: 'direct', status: 'invited' } })
  const request = await until('the request arrives', async () => first((await alice.rest('GET', '/v1/requests')).body))
  expect(request).toMatchObject({ name: 'Bob', text: 'Hello, it is Bob.', account: bob.ready['account'] })

  const accepted = await alice.rest('POST', `/v1/requests/${field(request, 'id')}/accept`)
  expect(accepted).toMatchObject({ status: 200, body: { status: 'active', account: bob.ready['account'] } })
  const conversation = field(accepted.body, 'id')
  await until('Bob sees the acceptance', async () => {
    return field(first((await bob.rest('GET', '/v1/conversations')).body), 'status') === 'active'
  })

  const path = `/v1/conversations/${conversation}/messages`
  const sent = await bob.rest('POST', path, { text: 'Is it still for sale?' })
  expect(sent).toMatchObject({
    status: 200,
    body: { conversation, sender: bob.ready['account'], state: 'queued', content: { text: 'Is it still for sale?' } },
  })
  for (const key of ['id', 'conversation', 'sender', 'content', 'sentAt', 'state', 'parents']) {
    expect(sent.body).toHaveProperty(key)
  }
  const received = await until('Alice has it', async () => messagesOf((await alice.rest('GET', path)).body).at(-1))
  expect(received).toMatchObject({ id: field(sent.body, 'id'), content: { text: 'Is it still for sale?' } })
  const answer = await alice.rest('POST', path, { text: 'It is.', replyTo: field(received, 'id') })
  expect(answer).toMatchObject({ status: 200, body: { replyTo: field(received, 'id') } })
  expect((await alice.rest('POST', `/v1/conversations/${conversation}/read`)).status).toBe(204)
  await until('Bob sees that it was read', async () => {
    const page = await bob.rest('GET', `${path}?limit=10`)
    return messagesOf(page.body).some(
      (each) => field(each, 'id') === field(sent.body, 'id') && field(each, 'state') === 'read',
    )
  })
  const page = await bob.rest('GET', `${path}?limit=1&before=${field(answer.body, 'id')}`)
  expect(messagesOf(page.body).map((each) => field(each, 'id'))).toEqual([field(sent.body, 'id')])

  const network = await alice.rest('GET', '/v1/network')
  expect(network.body).toMatchObject({
    isListening: true,
    peers: [{ name: 'Bob', path: 'direct' }],
    waitingMessages: 0,
  })

  const blocks = `/v1/blocks/${field(request, 'account')}`
  expect((await alice.rest('POST', blocks)).status).toBe(204)
  await until('the link to Bob is gone', async () => {
    const body = (await alice.rest('GET', '/v1/network')).body
    return JSON.stringify(body).includes('"peers":[]')
  })
  expect(await alice.rest('POST', path, { text: 'Never' })).toMatchObject({
    status: 409,
    body: { code: 'CONTACT_BLOCKED' },
  })
  expect((await alice.rest('DELETE', blocks)).status).toBe(204)
  expect(first((await alice.rest('GET', '/v1/conversations')).body)).toMatchObject({ status: 'active' })
})

test('the API describes itself as OpenAPI 3.1, and refuses with problem details', async () => {
  await using stage = new Stage()
  const daemon = await stage.daemon('alice', { name: 'Alice' })
  const { body } = await daemon.rest('GET', '/v1/openapi.json')
  expect(body).toMatchObject({ openapi: expect.stringMatching(/^3\.1\.\d+$/), info: { title: 'Parley' } })
  const paths = record(record(body)['paths'])
  for (const path of [
    '/v1/me',
    '/v1/invites',
    '/v1/contacts',
    '/v1/requests',
    '/v1/requests/{id}/accept',
    '/v1/requests/{id}/decline',
    '/v1/conversations',
    '/v1/conversations/{conversation}/messages',
    '/v1/conversations/{conversation}/read',
    '/v1/blocks/{account}',
    '/v1/network',
    '/v1/status',
  ]) {
    expect(Object.keys(paths)).toContain(path)
  }
  const names = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(record(methods)).map(([method, operation]) => {
      const { operationId, responses, parameters } = record(operation)
      expect(
        Object.keys(record(responses)).some((status) => status.startsWith('2')),
        `${method} ${path}`,
      ).toBe(true)
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      const told = Array.isArray(parameters) ? parameters.map(record).filter((each) => each['in'] === 'path') : []
      expect(new Set(told.map((each) => each['name'])), `${method} ${path}`).toEqual(new Set(inPath))
      return String(operationId)
    }),
  )
  expect(new Set(names).size, 'every operation has a name of its own').toBe(names.length)
  expect(await daemon.rest('GET', '/v1/nothing')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } })
  const refused = await daemon.rest('POST', '/v1/contacts', { link: 'https://example.org' })
  expect(refused).toMatchObject({ status: 400, body: { code: 'INVITE_MALFORMED', status: 400, type: 'about:blank' } })
  expect(refused.headers.get('content-type')).toMatch(/^application\/problem\+json/)
})

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {}
const field = (value: unknown, key: string): string => String(record(value)[key])
const first = (value: unknown): unknown => (Array.isArray(value) ? value[0] : undefined)
const messagesOf = (value: unknown): readonly unknown[] => {
  const { messages } = record(value)
  return Array.isArray(messages) ? messages : []
}
