import { namedBlock, never } from '@parley/engine/contract'
import type { IncomingHttpHeaders } from 'node:http'
import { Socket } from 'node:net'
import { release } from 'node:os'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createHttpReader } from './http-reader.ts'
import { createS3Storage } from './s3-storage.ts'
import type { S3StorageOptions } from './s3-storage.ts'
import { BUCKET, KEY, close, listen, startS3 } from './testing.ts'

const optionsFor = (endpoint: string): S3StorageOptions => ({ endpoint, region: 'us-east-1', bucket: BUCKET, ...KEY })

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

describe('a bucket', () => {
  it('[BLK-14] is read through an address that is good for seven days and for one block', async () => {
    const s3 = await startS3()
    const storage = createS3Storage(optionsFor(s3.endpoint))
    const { cid, block } = namedBlock(1, 600)
    const [location = ''] = await storage.store(cid, block, never())
    const url = new URL(location)
    expect(url.origin).toBe(s3.endpoint)
    expect(url.pathname).toBe(`/${BUCKET}/parley/${cid}`)
    expect(url.searchParams.get('X-Amz-Expires')).toBe('604800')
    // the signature is for this block alone
    const other = namedBlock(2, 600)
    await storage.store(other.cid, other.block, never())
    url.pathname = `/${BUCKET}/parley/${other.cid}`
    expect(await createHttpReader({ allowedOrigins: [s3.endpoint] }).read(url.href, other.cid, never())).toBeUndefined()
    await storage.stop()
    await s3.dispose()
  })
  it('[BLK-10] [BLK-14] is the only thing contacted, whatever the machine is configured to', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://192.0.2.1:9')
    vi.stubEnv('AWS_ENDPOINT_URL_S3', 'http://192.0.2.1:9')
    vi.stubEnv('AWS_REGION', 'mars-north-1')
    vi.stubEnv('AWS_PROFILE', 'somebody-else')
    vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent/config')
    vi.stubEnv('AWS_DEFAULTS_MODE', 'auto')
    const hosts = new Set<unknown>()
    const connect = Socket.prototype.connect
    vi.spyOn(Socket.prototype, 'connect').mockImplementation(function (this: Socket, ...args: unknown[]) {
      const [first] = args.flat()
      hosts.add(typeof first === 'object' && first !== null && 'host' in first ? first.host : first)
      return Reflect.apply(connect, this, args)
    })
    const s3 = await startS3()
    const storage = createS3Storage(optionsFor(s3.endpoint))
    const { cid, block } = namedBlock(3, 600)
    await storage.store(cid, block, never())
    expect(await storage.has(cid, never())).toBe(true)
    await storage.remove(cid, never())
    expect([...hosts]).toEqual(['127.0.0.1'])
    await storage.stop()
    await s3.dispose()
  })
  it('[BLK-14] learns nothing about the machine and its configuration', async () => {
    vi.stubEnv('AWS_EXECUTION_ENV', 'machine-of-somebody')
    vi.stubEnv('AWS_SDK_UA_APP_ID', 'app-of-somebody')
    const headers: IncomingHttpHeaders[] = []
    const { server, port } = await listen((request, response) => {
      headers.push(request.headers)
      request.resume()
      response.end()
    })
    const storage = createS3Storage(optionsFor(`http://127.0.0.1:${port}`))
    const { cid, block } = namedBlock(5, 600)
    await storage.store(cid, block, never())
    const said = JSON.stringify(headers)
    expect(headers.length).toBe(1)
    expect(said).toContain('parley')
    for (const secret of ['somebody', process.version.slice(1), process.platform, release()]) {
      expect(said).not.toContain(secret)
    }
    await storage.stop()
    await close(server)
  })
  it('[BLK-7] [BLK-14] that does not exist is a refusal; a busy or broken service is not', async () => {
    const s3 = await startS3()
    const { cid, block } = namedBlock(4, 600)
    const elsewhere = createS3Storage({ ...optionsFor(s3.endpoint), bucket: 'nowhere' })
    await expect(elsewhere.store(cid, block, never())).rejects.toMatchObject({ code: 'STORAGE_REFUSED' })
    await elsewhere.stop()
    await s3.dispose()
    for (const [status, code] of [
      [503, 'STORAGE_UNREACHABLE'],
      [429, 'STORAGE_UNREACHABLE'],
      [500, 'STORAGE_UNREACHABLE'],
      [507, 'STORAGE_REFUSED'],
      [301, 'STORAGE_REFUSED'],
    ] as const) {
      const { server, port } = await listen((request, response) => {
        request.resume()
        response.writeHead(status).end()
      })
      const storage = createS3Storage(optionsFor(`http://127.0.0.1:${port}`))
      await expect(storage.store(cid, block, never())).rejects.toMatchObject({
        code,
        isRetryable: code !== 'STORAGE_REFUSED',
      })
      await storage.stop()
      await close(server)
    }
  })
})
