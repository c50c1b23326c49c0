import { createHttpReader } from '@parley/adapter-storage-s3'
import { namedBlock, never } from '@parley/engine/contract'
import { describe, expect, it } from 'vitest'
import { createDropboxStorage } from './dropbox-storage.ts'
import { ACCESS_TOKEN, CLIENT_ID, startDropbox } from './testing/dropbox-server.ts'
import type { DropboxServer } from './testing/dropbox-server.ts'

async function withDropbox(test: (server: DropboxServer) => Promise<void>): Promise<void> {
  const server = await startDropbox()
  try {
    await test(server)
  } finally {
    await server.dispose()
  }
}

const { cid, block } = namedBlock(1, 600)
const credentials = { accessToken: ACCESS_TOKEN }

describe('a Dropbox', () => {
  it('[BLK-13] gives the link that answers with the bytes, with its key, the same one again', () =>
    withDropbox(async (server) => {
      const storage = createDropboxStorage({ credentials, fetch: server.fetch })
      const [first = ''] = await storage.store(cid, block, never())
      const url = new URL(first)
      expect(url.origin).toBe('https://dl.dropboxusercontent.com')
      expect(url.searchParams.get('dl')).toBe('1')
      expect(url.searchParams.get('rlkey')).toMatch(/^[0-9a-f]{16}$/)
      expect(await storage.store(cid, block, never())).toEqual([first])
      server.tellsExistingLink = false
      expect(await storage.store(cid, block, never())).toEqual([first])
      expect(server.requests.at(-1)).toBe('/2/sharing/list_shared_links')
      expect([...server.files.keys()]).toEqual([`/parley/${cid}`])
      url.searchParams.delete('rlkey')
      const reader = createHttpReader({ allowedOrigins: [url.origin], fetch: server.fetch })
      expect(await reader.read(url.href, cid, never())).toBeUndefined()
    }))
  it('[BLK-13] holds exactly this block, or not', () =>
    withDropbox(async (server) => {
      const storage = createDropboxStorage({ credentials, fetch: server.fetch, folder: '/elsewhere' })
      await storage.store(cid, block, never())
      expect(await storage.has(cid, never())).toBe(true)
      // somebody changed the file in their Dropbox
      await server.fetch('https://content.dropboxapi.com/2/files/upload', {
        method: 'POST',
        body: 'something else',
        headers: {
          authorization: `Bearer ${ACCESS_TOKEN}`,
          'content-type': 'application/octet-stream',
          'dropbox-api-arg': JSON.stringify({ path: `/elsewhere/${cid}`, mode: { '.tag': 'overwrite' } }),
        },
      })
      expect(await storage.has(cid, never())).toBe(false)
    }))
  it('[BLK-7] [BLK-13] is left alone as long as it asked for', () =>
    withDropbox(async (server) => {
      let now = 1_000
      const storage = createDropboxStorage({ credentials, fetch: server.fetch, now: () => now })
      const busy = { name: 'PortError', code: 'STORAGE_UNREACHABLE', isRetryable: true }
      server.door = { type: 'busy', status: 429, retryAfterSeconds: 15 }
      await expect(storage.store(cid, block, never())).rejects.toMatchObject(busy)
      server.door = { type: 'open' }
      const asked = server.requests.length
      now += 14_999
      await expect(storage.has(cid, never())).rejects.toMatchObject(busy)
      expect(server.requests.length).toBe(asked)
      now += 1
      expect(await storage.has(cid, never())).toBe(false)
      server.door = { type: 'busy', status: 503, retryAfterSeconds: undefined }
      await expect(storage.has(cid, never())).rejects.toMatchObject(busy)
      server.door = { type: 'open' }
      expect(await storage.has(cid, never())).toBe(false)
    }))
  it('[BLK-7] [BLK-13] refuses an access that was taken back', () =>
    withDropbox(async (server) => {
      const refused = { name: 'PortError', code: 'STORAGE_REFUSED', isRetryable: false }
      const wrong = createDropboxStorage({ credentials: { accessToken: 'other' }, fetch: server.fetch })
      await expect(wrong.store(cid, block, never())).rejects.toMatchObject(refused)
      const gone = createDropboxStorage({
        credentials: { refreshToken: 'gone', clientId: CLIENT_ID },
        fetch: server.fetch,
      })
      await expect(gone.has(cid, never())).rejects.toMatchObject(refused)
    }))
  it('[BLK-10] [BLK-13] is all that is contacted', () =>
    withDropbox(async (server) => {
      const hosts = new Set<string>()
      const storage = createDropboxStorage({
        credentials,
        fetch: (input, init) => {
          hosts.add(new URL(input instanceof Request ? input.url : input).origin)
          return server.fetch(input, init)
        },
      })
      await storage.store(cid, block, never())
      await storage.has(cid, never())
      await storage.remove(cid, never())
      expect([...hosts].toSorted()).toEqual(['https://api.dropboxapi.com', 'https://content.dropboxapi.com'])
    }))
})
