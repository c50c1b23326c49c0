/** Helpers of this adapter's tests: libp2p nodes on loopback and folders that go away. */
import { createHost } from '@parley/adapter-network-libp2p'
import type { Host } from '@parley/adapter-network-libp2p'
import type { BlockReaderPort, LogPort } from '@parley/engine'
import type { BlockStorageWorld, Fault } from '@parley/engine/contract'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createIpfsReader } from './ipfs-reader.ts'
import { createSelfHostedStorage } from './self-hosted.ts'

export const quietLog: LogPort = { log(): void {} }

export const loopbackHost = (listen: readonly string[] = ['/ip4/127.0.0.1/tcp/0']): Promise<Host> =>
  createHost({ seed: randomBytes(32), listen, dhtMode: 'server', connectionsMax: 50 })

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'parley-outbox-'))

/** A small disk of its own, where the system lets us mount one: the only way to fill or protect it as root. */
function smallDisk(folder: string): { readonly full?: Fault; readonly refused?: Fault } {
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder]).status !== 0) return {}
  const remount = (options: string): void => {
    if (spawnSync('mount', ['-o', `remount,${options}`, folder]).status !== 0) throw new Error('remount failed')
  }
  return {
    refused: async () => {
      remount('ro')
      return async () => remount('rw')
    },
    full: async () => {
      const filler = join(folder, 'filler')
      const room = randomBytes(4_096)
      for (let size = 1_024; size > 0; size = Math.floor(size / 2))
        tryTo(() => writeFileSync(filler, repeat(room, size), { flag: 'a' }))
      return async () => rmSync(filler)
    },
  }
}

const repeat = (bytes: Buffer, count: number): Buffer => Buffer.concat(Array.from({ length: count }, () => bytes))

function tryTo(act: () => void): void {
  try {
    act()
  } catch {
    // the disk is full, which is the aim
  }
}

/** A node with an outbox, and a reader at another node. */
export async function storageWorld(): Promise<BlockStorageWorld> {
  const base = temporaryFolder()
  const disk = join(base, 'disk')
  mkdirSync(disk)
  const faults = smallDisk(disk)
  const folder = join(disk, 'outbox')
  const [host, far] = await Promise.all([loopbackHost(), loopbackHost()])
  const reader: BlockReaderPort = createIpfsReader({ libp2p: far, log: quietLog, timeoutMs: 5_000 })
  return {
    open: () => createSelfHostedStorage({ folder, libp2p: host, log: quietLog }),
    reader,
    faults: {
      ...faults,
      down: async () => {
        renameSync(folder, `${folder}-gone`)
        return async () => renameSync(`${folder}-gone`, folder)
      },
    },
    async dispose() {
      await reader.stop()
      await Promise.all([host.stop(), far.stop()])
      if (faults.full !== undefined) spawnSync('umount', [disk])
      rmSync(base, { recursive: true, force: true })
    },
  }
}
