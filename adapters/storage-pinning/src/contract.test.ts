import { blockStorageContract } from '@parley/engine/contract'
import type { Fault } from '@parley/engine/contract'
import type { Door } from './testing/pinning-service.ts'
import { pinningWorld } from './testing/world.ts'

blockStorageContract('storage-pinning', async () => {
  const { service, reader, open, dispose } = await pinningWorld()
  const behind =
    (door: Door): Fault =>
    async () => {
      service.door = door
      return async () => {
        service.door = 'open'
      }
    }
  return {
    open: async () => open(),
    reader,
    faults: { refused: behind('revoked'), full: behind('full'), silent: behind('silent'), down: service.down },
    dispose,
  }
})
