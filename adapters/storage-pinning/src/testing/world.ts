/** A machine that pins, the service, and a reader at a third machine. */
import { createHost } from '@parley/adapter-network-libp2p'
import type { Host } from '@parley/adapter-network-libp2p'
import { createIpfsReader, createSelfHostedStorage } from '@parley/adapter-storage-helia'
import type { BlockReaderPort, BlockStoragePort, LogPort } from '@parley/engine'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPinningStorage } from '../pinning-storage.ts'
import type { PinningStorageOptions } from '../pinning-storage.ts'
import { ACCESS_TOKEN, startPinningService } from './pinning-service.ts'
import type { PinningService } from './pinning-service.ts'

const quietLog: LogPort = { log(): void {} }

export interface PinningWorld {
  readonly service: PinningService
  readonly keep: BlockStoragePort
  readonly reader: BlockReaderPort
  readonly own: Host
  open(options?: Partial<PinningStorageOptions>): BlockStoragePort
  dispose(): Promise<void>
}

const node = (): Promise<Host> =>
  createHost({ seed: randomBytes(32), listen: ['/ip4/127.0.0.1/tcp/0'], dhtMode: 'server', connectionsMax: 50 })

export async function pinningWorld(): Promise<PinningWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-keep-'))
  const [service, own, far] = await Promise.all([startPinningService(), node(), node()])
  const keep = await createSelfHostedStorage({ folder, libp2p: own, log: quietLog })
  const reader = createIpfsReader({ libp2p: far, log: quietLog, timeoutMs: 5_000 })
  const origins = (): readonly string[] => own.getMultiaddrs().map(String)
  return {
    service,
    keep,
    reader,
    own,
    open: (options) =>
      createPinningStorage({
        endpoint: service.endpoint,
        accessToken: ACCESS_TOKEN,
        origins,
        keep,
        pollMs: 5,
        ...options,
      }),
    async dispose() {
      await Promise.all([keep.stop(), reader.stop()])
      await Promise.all([own.stop(), far.stop()])
      await service.dispose()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
