/** The storage that a daemon is configured with, over its own network; each part is loaded when it is first needed. */
import type { Libp2pNetworkPort, TorHttp, TorOptions } from '@parley/adapter-network-libp2p'
import type { BlockReaderPort, BlockStoragePort, LogPort, Ports } from '@parley/engine'
import { join } from 'node:path'
import type { StorageChoice } from './config/storage.ts'

export interface OfflineStorageOptions {
  readonly data: string
  readonly storage: StorageChoice | undefined
  /** Origins from which blocks of others may be fetched by HTTPS. */
  readonly fetchFrom: readonly string[]
  /** Everything that is reached by HTTP is reached through this Tor. Spec: TOR-14. */
  readonly tor?: TorOptions
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
      const http = await torHttp(options)
      const given = { credentials, ...(folder === undefined ? {} : { folder }) }
      return http === undefined
        ? createDropboxStorage(given)
        : stoppedWith(createDropboxStorage({ ...given, fetch: http.fetch }), http)
    }
    case 's3': {
      const { createS3Storage } = await import('@parley/adapter-storage-s3')
      const http = await torHttp(options)
      return http === undefined
        ? createS3Storage(choice.bucket)
        : stoppedWith(createS3Storage({ ...choice.bucket, agents: http }), http)
    }
    case 'pinning': {
      const { createPinningStorage } = await import('@parley/adapter-storage-pinning')
      const keep = await openSelfHosted(options)
      const pinning = createPinningStorage({ ...choice.service, origins: () => options.network().addresses(), keep })
      return stoppedWith(pinning, keep)
    }
  }
}

async function openSelfHosted({ data, network, log }: OfflineStorageOptions): Promise<BlockStoragePort> {
  const { createSelfHostedStorage } = await import('@parley/adapter-storage-helia')
  return createSelfHostedStorage({ folder: join(data, 'outbox'), libp2p: network().libp2p, log })
}

async function openReaders(options: OfflineStorageOptions): Promise<readonly BlockReaderPort[]> {
  const { fetchFrom, network, log } = options
  const { createIpfsReader } = await import('@parley/adapter-storage-helia')
  const ipfs = createIpfsReader({ libp2p: network().libp2p, log })
  if (fetchFrom.length === 0) return [ipfs]
  const { createHttpReader } = await import('@parley/adapter-storage-s3')
  const http = await torHttp(options)
  if (http === undefined) return [ipfs, createHttpReader({ allowedOrigins: fetchFrom })]
  return [ipfs, stoppedWith(createHttpReader({ allowedOrigins: fetchFrom, fetch: http.fetch }), http)]
}

async function torHttp({ tor }: OfflineStorageOptions): Promise<TorHttp | undefined> {
  if (tor === undefined) return undefined
  const { createTorHttp } = await import('@parley/adapter-network-libp2p')
  return createTorHttp(tor)
}

/** The same port, which ends another thing after itself. */
function stoppedWith<P extends { stop(): Promise<void> }>(port: P, other: { stop(): void | Promise<void> }): P {
  return {
    ...port,
    async stop() {
      await port.stop()
      await other.stop()
    },
  }
}
