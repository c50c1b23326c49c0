import { type ApiClient, createOperationCheck, EngineError } from '@parley/engine'
import fastify from 'fastify'
import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { useProblems } from './problems.ts'
import { addOperationRoutes } from './routes.ts'
import { HTTP_STREAMS_MAX } from './routes-stream.ts'

const ID = `Qm${'a'.repeat(44)}`
const open: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

type Items = (params: unknown, signal: AbortSignal) => AsyncIterable<unknown>

/** The routes over an engine that has nothing but a stream. */
async function serve(items: Items): Promise<{ port: number; logged: string[] }> {
  const server = fastify({ forceCloseConnections: true })
  server.setValidatorCompiler(() => () => true)
  server.setSerializerCompiler(() => (value) => JSON.stringify(value))
  const logged: string[] = []
  const log = { log: (_level: string, message: string) => logged.push(message) }
  useProblems(server, log)
  const stream: unknown = { stream: (_name: string, params: unknown, signal: AbortSignal) => items(params, signal) }
  addOperationRoutes(server, { client: () => stream as ApiClient, check: createOperationCheck(), log })
  await server.listen({ host: '127.0.0.1', port: 0 })
  open.push(() => server.close())
  const address = server.server.address()
  return { port: typeof address === 'object' && address !== null ? address.port : 0, logged }
}

async function ask(port: number, body: unknown): Promise<{ sent: ClientRequest; response: IncomingMessage }> {
  const headers = { 'content-type': 'application/json' }
  const sent = request({ host: '127.0.0.1', port, path: '/v1/profiles/fetch', method: 'POST', headers, agent: false })
  sent.on('error', () => undefined)
  sent.end(JSON.stringify(body))
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  return { sent, response: response.setEncoding('utf8') }
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  let text = ''
  for await (const part of response) text += String(part)
  return text
}

describe('a stream over HTTP', () => {
  it('[API-20] is one item a line, each as soon as it is found', async () => {
    const second = Promise.withResolvers<void>()
    const { port } = await serve(async function* (params) {
      yield { id: ID, params }
      await second.promise
      yield { text: 'two\nlines' }
    })
    const { response } = await ask(port, { ids: [ID] })
    expect([response.statusCode, response.headers['content-type']]).toEqual([
      200,
      'application/x-ndjson; charset=utf-8',
    ])
    const [first] = await once(response, 'data')
    expect(String(first)).toBe(`${JSON.stringify({ id: ID, params: { ids: [ID] } })}\n`)
    second.resolve()
    expect(await bodyOf(response)).toBe('{"text":"two\\nlines"}\n')
  })

  it('[API-20] may be empty', async () => {
    const { port } = await serve(async function* () {})
    const { response } = await ask(port, { ids: [] })
    expect([response.statusCode, await bodyOf(response)]).toEqual([200, ''])
  })

  it('[API-3] [API-5] that is refused, or fails before its first item, is a problem', async () => {
    const { port, logged } = await serve(async function* (_params, signal) {
      if (!signal.aborted) throw new EngineError('LOCKED')
      yield 1
    })
    const refused = await ask(port, { ids: ['nobody'] })
    expect([refused.response.statusCode, JSON.parse(await bodyOf(refused.response)).code]).toEqual([
      400,
      'INVALID_PARAMETERS',
    ])
    const failed = await ask(port, { ids: [] })
    expect([failed.response.statusCode, JSON.parse(await bodyOf(failed.response)).code]).toEqual([423, 'LOCKED'])
    expect(logged).toEqual([])
  })

  it('[API-20] that fails on its way ends with a line that says so, and tells nothing of a defect', async () => {
    const { port, logged } = await serve(async function* () {
      yield 1
      throw new Error('/srv/alice')
    })
    const { response } = await ask(port, { ids: [] })
    const lines = (await bodyOf(response)).trim().split('\n')
    expect([lines.length, lines[0], JSON.parse(lines[1] ?? '').problem.code]).toEqual([2, '1', 'INTERNAL'])
    expect([lines[1]?.includes('alice'), logged]).toEqual([false, ['stream failed']])
  })

  it('[API-20] ends when its reader goes, before and after the first item', async () => {
    for (const isStarted of [false, true]) {
      const asked = Promise.withResolvers<void>()
      const ended = Promise.withResolvers<void>()
      const { port, logged } = await serve(async function* (_params, signal) {
        if (isStarted) yield 1
        signal.addEventListener('abort', () => ended.resolve())
        asked.resolve()
        await ended.promise
        signal.throwIfAborted()
      })
      const answer = ask(port, { ids: [] })
      answer.catch(() => undefined)
      if (isStarted) (await answer).response.destroy()
      else {
        const headers = { 'content-type': 'application/json' }
        const sent = request({ host: '127.0.0.1', port, path: '/v1/profiles/fetch', method: 'POST', headers })
        sent.on('error', () => undefined)
        sent.end('{"ids":[]}')
        await asked.promise
        sent.destroy()
      }
      await ended.promise
      expect(logged).toEqual([])
    }
  })

  it('[API-20] ends when its reader goes while it is behind', async () => {
    const ended = Promise.withResolvers<void>()
    const { port } = await serve(async function* () {
      try {
        for (;;) yield 'x'.repeat(100_000)
      } finally {
        ended.resolve()
      }
    })
    const { response, sent } = await ask(port, { ids: [] })
    response.pause()
    for (let turn = 0; turn < 20; turn++) await ask(port, { ids: ['nobody'] })
    sent.destroy()
    await ended.promise
  })

  it('[API-10] [API-20] runs beside a limited number of others', async () => {
    const { port } = await serve(async function* (_params, signal) {
      yield 1
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    })
    const running = await Promise.all(Array.from({ length: HTTP_STREAMS_MAX }, () => ask(port, { ids: [] })))
    expect(running.map(({ response }) => response.statusCode)).toEqual(Array(HTTP_STREAMS_MAX).fill(200))
    expect((await ask(port, { ids: [] })).response.statusCode).toBe(429)
    running[0]?.sent.destroy()
    // The node learns of it by and by.
    let status: number | undefined
    while (status !== 200) status = (await ask(port, { ids: [] })).response.statusCode
    for (const { sent } of running) sent.destroy()
  })

  it('[API-20] finds no more than a reader takes', async () => {
    let found = 0
    const { port } = await serve(async function* () {
      for (; found < 100_000; found++) yield 'x'.repeat(1_000)
    })
    const { response, sent } = await ask(port, { ids: [] })
    response.pause()
    for (let before = -1; before !== found;) {
      before = found
      await new Promise((resolve) => setImmediate(resolve))
      await ask(port, { ids: ['nobody'] })
    }
    expect(found).toBeLessThan(50_000)
    sent.destroy()
  })
})
