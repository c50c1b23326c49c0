import type { BlockStorageWorld } from '@parley/engine/contract'
import { blockStorageContract } from '@parley/engine/contract'
import { createHttpReader } from './http-reader.ts'
import { createS3Storage } from './s3-storage.ts'
import { BUCKET, KEY, startS3 } from './testing.ts'

async function world(isPublic: boolean): Promise<BlockStorageWorld> {
  const { endpoint, faults, dispose } = await startS3()
  const readable = isPublic ? { publicBaseUrl: `${endpoint}/${BUCKET}/` } : {}
  const reader = createHttpReader({ allowedOrigins: [endpoint] })
  return {
    open: async () => createS3Storage({ endpoint, region: 'us-east-1', bucket: BUCKET, ...KEY, ...readable }),
    reader,
    faults,
    dispose,
  }
}

blockStorageContract('storage-s3 with signed addresses', () => world(false))
blockStorageContract('storage-s3 with public addresses', () => world(true))
