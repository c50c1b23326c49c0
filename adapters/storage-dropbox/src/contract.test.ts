import { createHttpReader } from '@parley/adapter-storage-s3'
import type { BlockStorageWorld, Fault } from '@parley/engine/contract'
import { blockStorageContract } from '@parley/engine/contract'
import { createDropboxStorage } from './dropbox-storage.ts'
import type { DropboxStorageOptions } from './dropbox-storage.ts'
import { ACCESS_TOKEN, CLIENT_ID, REFRESH_TOKEN, startDropbox } from './testing/dropbox-server.ts'
import type { Door } from './testing/dropbox-server.ts'

async function world(credentials: DropboxStorageOptions['credentials']): Promise<BlockStorageWorld> {
  const server = await startDropbox()
  const behind =
    (door: Door): Fault =>
    async () => {
      server.door = door
      return async () => {
        server.door = { type: 'open' }
      }
    }
  return {
    open: async () => createDropboxStorage({ credentials, fetch: server.fetch }),
    reader: createHttpReader({ allowedOrigins: ['https://dl.dropboxusercontent.com'], fetch: server.fetch }),
    faults: {
      refused: behind({ type: 'revoked' }),
      full: behind({ type: 'full' }),
      silent: behind({ type: 'silent' }),
      down: server.down,
    },
    dispose: server.dispose,
  }
}

blockStorageContract('storage-dropbox', () => world({ accessToken: ACCESS_TOKEN }))
blockStorageContract('storage-dropbox with a refresh token', () =>
  world({ refreshToken: REFRESH_TOKEN, clientId: CLIENT_ID }),
)
