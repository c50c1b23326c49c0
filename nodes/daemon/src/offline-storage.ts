/** The storage that a daemon is configured with, over its own network; each part is loaded when it is first needed. */
import type { Libp2pNetworkPort } from '@parley/adapter-network-libp2p'
import type { BlockReaderPort, BlockStoragePort, LogPort, Ports } from '@parley/engine'
import { join } from 'node:path'
import type { StorageChoice } from './config/storage.ts'

export interface OfflineStorageOptions {
  readonly data: string
  readonly storage: StorageChoice | undefined
  /** Origins from which blocks of others may be fetched by HTTPS. */
  readonly fetchFrom: readonly string[]
  /** The network of the account, once it was made. */
  readonly network: () => Libp2pNetworkPort
  readonly log: LogPort
}

/** What the engine is given: nothing of it does anything before it is called. */
export function offlineStorage(options: OfflineStorageOptions): Pick<Ports, 'storage' | 'openReaders'> {
  const { storage } = options
  return {
    ...(storage === undefined ? {} : { storage: { kind: storage.kind, open: () => openStorage(options, storage) } }),
    openReaders: () => openReaders(options),
  }
}

async function openStorage(options: OfflineStorageOptions, choice: StorageChoice): Promise<BlockStoragePort> {
  switch (choice.kind) {
    case 'self-hosted':
      return openSelfHosted(options)
    case 'dropbox': {
      const { createDropboxStorage } = await import('@parley/adapter-storage-dropbox')
      const { credentials, folder } = choice
      return createDropboxStorage({ credentials, ...(folder === undefined ? {} : { folder }) })
    }
    case 's3': {
      const { createS3Storage } = await import('@parley/adapter-storage-s3')
      return createS3Storage(choice.bucket)
    }
    case 'pinning': {
      const { createPinningStorage } = await import('@parley/adapter-storage-pinning')
      const keep = await openSelfHosted(options)
      const pinning = createPinningStorage({ ...choice.service, origins: () => options.network().addresses(), keep })
      return {
        ...pinning,
        async stop() {
          await pinning.stop()
          await keep.stop()
        },
      }
    }
  }
}

async function openSelfHosted({ data, network, log }: OfflineStorageOptions): Promise<BlockStoragePort> {
  const { createSelfHostedStorage } = await import('@parley/adapter-storage-helia')
  return createSelfHostedStorage({ folder: join(data, 'outbox'), libp2p: network().libp2p, log })
}

async function openReaders({ fetchFrom, network, log }: OfflineStorageOptions): Promise<readonly BlockReaderPort[]> {
  const { createIpfsReader } = await import('@parley/adapter-storage-helia')
  const ipfs = createIpfsReader({ libp2p: network().libp2p, log })
  if (fetchFrom.length === 0) return [ipfs]
  const { createHttpReader } = await import('@parley/adapter-storage-s3')
  return [ipfs, createHttpReader({ allowedOrigins: fetchFrom })]
}
