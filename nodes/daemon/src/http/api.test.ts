import { operations, SOCKET_FRAME_BYTES_MAX } from '@parley/engine'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asText, type Folder, openScene, type Scene, temporaryFolder } from '../testing.ts'

let folder: Folder
let scene: Scene
beforeAll(async () => {
  folder = temporaryFolder()
  scene = await openScene(folder.path, { name: 'Ada' })
})
afterAll(async () => {
  await scene[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

const NOWHERE = 'A'.repeat(43)
const textsOf = (length: number): string => 'x'.repeat(length)

describe('the table', () => {
  it('[API-1] has a route for every operation', async () => {
    const document = (await scene.ask('/v1/openapi.json')).json
    // A picture is served as what it is, at an address of its own.
    const { 'avatars.fetch': _picture, ...others } = operations
    for (const [name, { rest }] of Object.entries(others)) {
      expect(rest, name).toBeDefined()
      const route = document['paths']?.[rest?.path ?? '']?.[rest?.method.toLowerCase() ?? '']
      expect([name, route?.['operationId']]).toEqual([name, name])
    }
  })
  it('[API-2] is described as OpenAPI 3.1 with parameters, results and problems', async () => {
    const { json: document, headers } = await scene.ask('/v1/openapi.json')
    expect([document['openapi'], headers['content-type']]).toEqual(['3.1.0', 'application/json; charset=utf-8'])
    const page = document['paths']?.['/v1/conversations/{conversation}/messages']
    const names = Object.values(page?.['get']?.['parameters'] ?? {}).map((parameter) => [
      parameter['name'],
      parameter['in'],
    ])
    expect(names).toEqual(
      expect.arrayContaining([
        ['conversation', 'path'],
        ['limit', 'query'],
        ['before', 'query'],
      ]),
    )
    const body = page?.['post']?.['requestBody']?.['content']?.['application/json']?.['schema']
    expect([Object.keys(body?.['properties'] ?? {}), body?.['required']]).toEqual([
      ['text', 'replyTo', 'subject', 'copy'],
      ['text'],
    ])
    const answers = page?.['post']?.['responses']
    expect(answers?.['200']?.['content']?.['application/json']?.['schema']?.['properties']).toHaveProperty('state')
    expect(answers?.['default']?.['content']).toHaveProperty(['application/problem+json'])
  })
})

describe('a stream', () => {
  it('[API-2] [API-20] is described and answered line by line', async () => {
    const { json: document } = await scene.ask('/v1/openapi.json')
    const answers = document['paths']?.['/v1/profiles/fetch']?.['post']?.['responses']
    const item = answers?.['200']?.['content']?.['application/x-ndjson']?.['schema']
    expect(Object.keys(item?.['properties'] ?? {})).toEqual(['id', 'outcome', 'profile', 'isFresh', 'source'])
    const ids = [scene.ready.account, scene.ready.account]
    const { status, text, headers } = await scene.send('POST', '/v1/profiles/fetch', { ids })
    expect([status, headers['content-type']]).toEqual([200, 'application/x-ndjson; charset=utf-8'])
    const lines = text.trimEnd().split('\n')
    expect(lines.map((line) => [JSON.parse(line).id, JSON.parse(line).outcome])).toEqual([
      [scene.ready.account, 'found'],
    ])
  })
})

describe('values of applications', () => {
  it('[API-4] [API-21] have any key, also one that an address has to spell otherwise', async () => {
    const path = `/v1/app/${encodeURIComponent('a/b ü?&')}`
    expect((await scene.ask(path)).json).toEqual({ value: null })
    expect((await scene.send('PUT', path, { value: 'kept', key: 'another' })).status).toBe(204)
    expect((await scene.ask(path)).json).toEqual({ value: 'kept' })
    expect((await scene.ask('/v1/app/another')).json).toEqual({ value: null })
    expect((await scene.send('PUT', path, { value: 'x'.repeat(262_145) })).json['code']).toBe('INVALID_PARAMETERS')
    expect((await scene.send('PUT', path, { value: null })).status).toBe(204)
    expect((await scene.ask(path)).json).toEqual({ value: null })
  })
})

describe('subjects', () => {
  it('[API-4] [CNT-16] are asked for in a query, also the empty one', async () => {
    expect((await scene.ask('/v1/discussions?subject=')).json).toEqual([])
    expect((await scene.ask('/v1/discussions/messages?subject=QmOrder&limit=5')).json).toEqual({
      messages: [],
      hasBefore: false,
    })
    expect((await scene.ask('/v1/discussions')).json['code']).toBe('INVALID_PARAMETERS')
    const path = `/v1/conversations/${NOWHERE}/messages`
    const headers = { 'content-type': 'application/json', 'content-length': '14' }
    for (const [where, body, code] of [
      [`${path}?subject=`, '', 'CONVERSATION_NOT_FOUND'],
      [`${path}?subjects=`, '', 'INVALID_PARAMETERS'],
      [path, '{"subject":""}', 'CONVERSATION_NOT_FOUND'],
      [path, '{"subject":[]}', 'INVALID_PARAMETERS'],
    ] as const) {
      const answer = await scene.ask(where, { method: 'DELETE', ...(body === '' ? {} : { headers, body }) })
      expect([where, body, answer.json['code']]).toEqual([where, body, code])
    }
  })
})

describe('parameters', () => {
  it('[API-3] that are unknown, missing or wrong are refused with the field, never the value', async () => {
    const secret = 'a-very-private-word'
    const cases = [
      await scene.send('PATCH', '/v1/me', { [`x${secret}`]: 1 }),
      await scene.send('PATCH', '/v1/me', { settings: { secret } }),
      await scene.send('POST', '/v1/contacts', {}),
      await scene.send('POST', '/v1/contacts', { link: [secret] }),
      await scene.ask(`/v1/conversations/${secret}/messages`),
      await scene.ask(`/v1/conversations/${NOWHERE}/messages?limit=${secret}`),
      await scene.ask(`/v1/conversations/${NOWHERE}/messages?limit=201`),
      await scene.ask(`/v1/conversations/${NOWHERE}/messages?${secret}=1`),
      await scene.send('PUT', `/v1/contacts/did:key:x/verified`, { isVerified: true }),
    ]
    for (const { status, json, text } of cases) {
      expect([status, json['code']]).toEqual([400, 'INVALID_PARAMETERS'])
      expect(text).not.toContain(`"${secret}`)
    }
    expect(cases[3]?.json['detail']).toContain('/link')
  })
  it('[API-3] that are too long are refused in the words of their case', async () => {
    const path = `/v1/conversations/${NOWHERE}/messages`
    const codeOf = async (body: unknown, where = path) => (await scene.send('POST', where, body)).json['code']
    expect(await codeOf({ text: textsOf(40_001) })).toBe('TEXT_TOO_LONG')
    expect(await codeOf({ text: '' })).toBe('TEXT_EMPTY')
    expect(await codeOf({ link: textsOf(2_049) }, '/v1/contacts')).toBe('INVITE_MALFORMED')
  })
  it('[API-3] of the right kind reach the engine, also as text in a query', async () => {
    const answer = await scene.ask(`/v1/conversations/${NOWHERE}/messages?limit=7`)
    expect([answer.status, answer.json['code']]).toEqual([404, 'CONVERSATION_NOT_FOUND'])
  })
  it('[API-4] in the path win over the body', async () => {
    const body = { conversation: 'B'.repeat(43), text: 'x' }
    const answer = await scene.send('POST', `/v1/conversations/${NOWHERE}/messages`, body)
    expect(answer.json['code']).toBe('CONVERSATION_NOT_FOUND')
  })
})

describe('answers', () => {
  it('[API-4] are 200 with the result, or 204 without one', async () => {
    const invite = await scene.send('POST', '/v1/invites')
    expect([invite.status, typeof invite.json['link']]).toEqual([200, 'string'])
    const list = await scene.ask('/v1/invites')
    expect(Object.keys(list.json).length).toBe(1)
    const gone = await scene.ask(`/v1/invites/${asText(invite.json['id'])}`, { method: 'DELETE' })
    expect([gone.status, gone.text]).toEqual([204, ''])
  })
  it('[API-4] take a POST without a body, with and without its type', async () => {
    expect((await scene.ask('/v1/invites', { method: 'POST' })).status).toBe(200)
    const headers = { 'content-type': 'application/json' }
    expect((await scene.ask('/v1/invites', { method: 'POST', headers })).status).toBe(200)
  })
  it('[API-5] are problems with a code when something is wrong', async () => {
    for (const [method, path] of [
      ['GET', '/v1/none'],
      ['POST', '/v1/me'],
      ['GET', '/v1/'],
      ['GET', '/none.js'],
    ] as const) {
      const answer = await scene.ask(path, { method })
      expect([path, answer.status, answer.json['code']]).toEqual([path, 404, 'NOT_FOUND'])
      expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8')
      expect(Object.keys(answer.json).toSorted()).toEqual(['code', 'detail', 'status', 'title', 'type'])
    }
  })
  it('[API-5] never leave the folder of the page', async () => {
    for (const path of [
      '/../token',
      '/%2e%2e/token',
      '/..%2ftoken',
      '/assets/..%5c..%5ctoken',
      '//token',
      '/.%00/token',
    ]) {
      const answer = await scene.ask(path, { headers: { accept: '*/*' } })
      expect([path, answer.status === 400 || answer.status === 404]).toEqual([path, true])
      expect(answer.text).not.toContain(scene.ready.token)
    }
  })
  it('[API-5] lead every address of the page to the page', async () => {
    const page = await scene.ask('/c/some/conversation', { headers: { accept: 'text/html,*/*' } })
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
  })
})

describe('bodies', () => {
  const post = (body: string | Buffer, type = 'application/json') =>
    scene.ask('/v1/contacts', { method: 'POST', headers: { 'content-type': type }, body })

  it('[API-19] are limited', async () => {
    const answer = await post(JSON.stringify({ link: textsOf(SOCKET_FRAME_BYTES_MAX) }))
    expect([answer.status, answer.json['code']]).toEqual([413, 'TOO_LARGE'])
  })
  it('[API-19] are JSON, nothing else that a form of another page could send', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/cbor',
    ]) {
      const answer = await post('{"link":"x"}', type)
      expect([type, answer.status, answer.json['code']]).toEqual([type, 400, 'INVALID_PARAMETERS'])
    }
  })
  it('[API-19] that are broken are refused', async () => {
    for (const body of [
      '{',
      'x',
      '[]',
      '1',
      '"x"',
      'null',
      '{"__proto__":{"link":"x"}}',
      Buffer.of(0xff, 0xfe),
      '{"link":1}',
    ]) {
      const answer = await post(body)
      expect([String(body), answer.status, answer.json['code']]).toEqual([String(body), 400, 'INVALID_PARAMETERS'])
    }
  })
})
