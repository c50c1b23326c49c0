import { ENVELOPE_BYTES_MAX } from '@parley/core'
import { namedBlock, never } from '@parley/engine/contract'
import fc from 'fast-check'
import type { RequestListener } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { HTTP_LOCATION_LENGTH_MAX, createHttpReader } from './http-reader.ts'
import { close, listen } from './testing.ts'

const { cid, block } = namedBlock(1, 2_048)
const cleanups: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function serve(listener: RequestListener): Promise<string> {
  const { server, port } = await listen(listener)
  cleanups.push(() => close(server))
  return `http://127.0.0.1:${port}`
}

describe('which locations are read', () => {
  const reader = createHttpReader({
    allowedOrigins: ['https://blocks.example.org', 'https://*.content.example', 'http://127.0.0.1:9000'],
  })
  it('[BLK-10] those of the configured origins', () => {
    for (const location of [
      'https://blocks.example.org/a?b=c',
      'https://blocks.example.org:443/a',
      'https://uc1.content.example/x',
      'https://a.b.content.example/x',
      'http://127.0.0.1:9000/blocks/x',
    ]) {
      expect([location, reader.canRead(location)]).toEqual([location, true])
    }
  })
  it('[BLK-10] and no other text', () => {
    for (const location of [
      '',
      'blocks.example.org',
      'http://blocks.example.org/',
      'https://blocks.example.org:8443/',
      'https://blocks.example.org.evil.example/',
      'https://blocks.example.org@evil.example/',
      'https://me:secret@blocks.example.org/',
      'https://content.example/',
      'https://evilcontent.example/',
      'https://a.content.example:444/',
      'http://a.content.example/',
      'http://127.0.0.1:9001/',
      'http://localhost:9000/',
      'file:///etc/passwd',
      'data:,x',
      '/ip4/127.0.0.1/tcp/1',
      `https://blocks.example.org/${'a'.repeat(HTTP_LOCATION_LENGTH_MAX)}`,
    ]) {
      expect([location, reader.canRead(location)]).toEqual([location, false])
    }
    fc.assert(fc.property(fc.webUrl({ withQueryParameters: true }), (url) => !reader.canRead(url)))
    fc.assert(fc.property(fc.string(), (text) => !reader.canRead(text)))
  })
  it('[BLK-10] an origin in the configuration must be one, and not in clear text over a network', () => {
    for (const origin of [
      'http://blocks.example.org',
      'http://192.168.1.2',
      'https://blocks.example.org/path',
      'https://a.*.example',
      'https://*',
      'blocks',
      'https://me@example.org',
    ]) {
      expect([origin, attempt(() => createHttpReader({ allowedOrigins: [origin] }))]).toEqual([origin, 'refused'])
    }
    createHttpReader({ allowedOrigins: ['http://localhost:1', 'http://[::1]:1'] })
  })
})

function attempt(act: () => unknown): string {
  try {
    act()
    return 'taken'
  } catch {
    return 'refused'
  }
}

describe('reading', () => {
  it('[BLK-9] takes what hashes to the name and nothing else', async () => {
    const bodies: Record<string, Uint8Array> = {
      '/good': block,
      '/cut': block.subarray(1),
      '/empty': new Uint8Array(),
      '/other': namedBlock(2, 2_048).block,
    }
    const origin = await serve((request, response) => void response.end(bodies[request.url ?? '']))
    const reader = createHttpReader({ allowedOrigins: [origin] })
    expect(await reader.read(`${origin}/good`, cid, never())).toEqual(block)
    for (const path of ['/cut', '/empty', '/other'])
      expect(await reader.read(`${origin}${path}`, cid, never())).toBeUndefined()
    expect(await reader.read(`${origin}/good`, 'no cid', never())).toBeUndefined()
    expect(await reader.read('https://elsewhere.example/', cid, never())).toBeUndefined()
    await reader.stop()
  })
  it('[BLK-9] reads no more than an envelope, from a server that never ends', async () => {
    let sent = 0
    const origin = await serve((_request, response) => {
      const chunk = new Uint8Array(65_536)
      const push = (): void => {
        while (!response.destroyed) {
          sent += chunk.length
          if (!response.write(chunk)) return void response.once('drain', push)
        }
      }
      push()
    })
    const reader = createHttpReader({ allowedOrigins: [origin] })
    expect(await reader.read(origin, cid, never())).toBeUndefined()
    expect(sent).toBeLessThan(64 * ENVELOPE_BYTES_MAX)
  })
  it('[BLK-10] follows redirects to allowed origins, and says nothing to the others', async () => {
    let strangers = 0
    const stranger = await serve((_request, response) => {
      strangers += 1
      response.end(block)
    })
    const friend = await serve((_request, response) => void response.end(block))
    const targets: Record<string, string> = {
      '/same': '/block',
      '/friend': `${friend}/block`,
      '/stranger': `${stranger}/block`,
      '/loop': '/loop',
      '/nowhere': '',
    }
    const origin = await serve((request, response) => {
      const target = targets[request.url ?? '']
      if (target === undefined) response.end(block)
      else response.writeHead(302, { location: target }).end()
    })
    const reader = createHttpReader({ allowedOrigins: [origin, friend] })
    expect(await reader.read(`${origin}/same`, cid, never())).toEqual(block)
    expect(await reader.read(`${origin}/friend`, cid, never())).toEqual(block)
    for (const path of ['/stranger', '/loop', '/nowhere']) {
      expect([path, await reader.read(origin + path, cid, never())]).toEqual([path, undefined])
    }
    expect(strangers).toBe(0)
  })
  it('[BLK-9] tells "not here" from "not now"', async () => {
    const origin = await serve((request, response) => void response.writeHead(Number(request.url?.slice(1))).end())
    const reader = createHttpReader({ allowedOrigins: [origin] })
    for (const status of [204, 400, 403, 404, 409, 410]) {
      expect([status, await reader.read(`${origin}/${status}`, cid, never())]).toEqual([status, undefined])
    }
    for (const status of [408, 429, 500, 502, 503]) {
      const failed = { name: 'PortError', code: 'STORAGE_UNREACHABLE', isRetryable: true }
      await expect(reader.read(`${origin}/${status}`, cid, never())).rejects.toMatchObject(failed)
    }
  })
  it('[BLK-8] [BLK-9] waits no longer than it should or was told to', async () => {
    let isOver: (() => void) | undefined
    const waits: number[] = []
    const origin = await serve((request, response) => {
      if (request.url === '/begun') response.write('x')
      // The time is over while the place has the request and says nothing more.
      setImmediate(() => isOver?.())
    })
    const after = (delayMs: number, fire: () => void) => {
      waits.push(delayMs)
      isOver = fire
      return () => (isOver = undefined)
    }
    const reader = createHttpReader({ allowedOrigins: [origin], timeoutMs: 60_000, after })
    for (const path of ['/silent', '/begun']) {
      await expect(reader.read(origin + path, cid, never())).rejects.toMatchObject({ code: 'STORAGE_UNREACHABLE' })
    }
    expect(waits).toEqual([60_000, 60_000])
    const controller = new AbortController()
    const reason = new Error('no longer wanted')
    const read = reader.read(origin, cid, controller.signal)
    controller.abort(reason)
    await expect(read).rejects.toBe(reason)
  })
  it('[BLK-10] carries nothing that tells who reads', async () => {
    const seen: Record<string, unknown>[] = []
    const origin = await serve((request, response) => {
      seen.push(request.headers)
      response.setHeader('set-cookie', 'id=1; Path=/')
      response.end(block)
    })
    const reader = createHttpReader({ allowedOrigins: [origin] })
    for (let round = 0; round < 2; round++) await reader.read(origin, cid, never())
    for (const headers of seen) {
      for (const name of ['cookie', 'referer', 'authorization', 'origin']) expect(headers[name]).toBeUndefined()
    }
  })
})
