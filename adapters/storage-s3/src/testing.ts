/** A real S3 server on loopback, with a door that the tests can close. */
import S3rver from '@20minutes/s3rver'
import accounts from '@20minutes/s3rver/lib/models/account.js'
import type { Fault } from '@parley/engine/contract'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const BUCKET = 'blocks'
/** What the server knows by itself. */
export const KEY = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' } as const

export interface TestS3 {
  readonly endpoint: string
  readonly faults: { readonly refused: Fault; readonly down: Fault; readonly full: Fault; readonly silent: Fault }
  dispose(): Promise<void>
}

export async function listen(listener: RequestListener, port = 0): Promise<{ server: Server; port: number }> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve))
  const address: AddressInfo | string | null = server.address()
  return { server, port: typeof address === 'object' ? (address?.port ?? 0) : 0 }
}

export async function close(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise<void>((resolve) => void server.close(() => resolve()))
}

const FULL = '<?xml version="1.0"?><Error><Code>QuotaExceeded</Code><Message>The quota is used up.</Message></Error>'

export async function startS3(): Promise<TestS3> {
  const directory = mkdtempSync(join(tmpdir(), 'parley-s3-'))
  const buckets = [{ name: BUCKET }]
  const s3 = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory,
    vhostBuckets: false,
    configureBuckets: buckets,
  })
  await s3.configureBuckets()
  const serve = s3.callback()
  let door: 'open' | 'silent' | 'full' = 'open'
  const listener: RequestListener = (request, response) => {
    if (door === 'silent') return
    if (door === 'full' && request.method === 'PUT') {
      request.resume()
      response.writeHead(403, { 'content-type': 'application/xml' }).end(FULL)
      return
    }
    serve(request, response)
  }
  const first = await listen(listener)
  const { port } = first
  let { server } = first
  const set =
    (mode: typeof door): Fault =>
    async () => {
      door = mode
      return async () => {
        door = 'open'
      }
    }
  return {
    endpoint: `http://127.0.0.1:${port}`,
    faults: {
      silent: set('silent'),
      full: set('full'),
      refused: async () => {
        accounts.DUMMY_ACCOUNT.revokeAccessKey(KEY.accessKeyId)
        return async () => accounts.DUMMY_ACCOUNT.createKeyPair(KEY.accessKeyId, KEY.secretAccessKey)
      },
      down: async () => {
        await close(server)
        return async () => {
          server = (await listen(listener, port)).server
        }
      },
    },
    async dispose() {
      await close(server)
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
