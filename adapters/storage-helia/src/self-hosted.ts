/** The default place: a folder of this machine, from which readers fetch over IPFS. Spec: BLK-11, BLK-12. */
import type { Libp2p } from '@libp2p/interface'
import { assertBlock } from '@parley/core'
import { PortError } from '@parley/engine'
import type { BlockStoragePort, LogPort } from '@parley/engine'
import { leaseIpfs } from './ipfs.ts'
import { byReach } from './locations.ts'
import { Outbox } from './outbox.ts'

export interface SelfHostedStorageOptions {
  /** `<data>/outbox`; made when it is missing, readable by its owner alone. */
  readonly folder: string
  /** Started, and not stopped before this storage. Readers reach us at its addresses. */
  readonly libp2p: Libp2p
  readonly log: LogPort
}

/**
 * Looks through the folder (about a second for 10,000 blocks), and serves at once when something is in it; otherwise
 * Helia is loaded with the first block. `store` needs an address at which others can reach us, `has` and `remove` do not.
 *
 * @throws PortError `STORAGE_REFUSED`, `STORAGE_UNREACHABLE`, `STORE_FULL` when the folder cannot be used.
 */
export async function createSelfHostedStorage(options: SelfHostedStorageOptions): Promise<BlockStoragePort> {
  const { folder, libp2p, log } = options
  const outbox = new Outbox(folder)
  const { blocks } = await outbox.open(log)
  const ipfs = leaseIpfs(libp2p, log)
  ipfs.serve(outbox)
  try {
    if (blocks > 0) await ipfs.start()
  } catch (error) {
    await ipfs.release()
    throw error
  }
  return {
    kind: 'self-hosted',
    async store(cid, block, signal) {
      signal.throwIfAborted()
      assertBlock(cid, block)
      await outbox.write(cid, block)
      await ipfs.start()
      const locations = byReach(libp2p.getMultiaddrs().map(String))
      if (locations.length > 0) return locations
      throw new PortError('STORAGE_UNREACHABLE', 'this machine has no address at which a reader could reach it', true)
    },
    async has(cid, signal) {
      signal.throwIfAborted()
      return outbox.has(cid)
    },
    async remove(cid, signal) {
      signal.throwIfAborted()
      await outbox.remove(cid)
    },
    stop: () => ipfs.release(),
  }
}
