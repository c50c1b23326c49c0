import { storeContract } from '@parley/engine/contract'
import { kill, startWriter, storeFolder } from './testing.ts'

storeContract('store-sqlite-node', () => {
  const folder = storeFolder()
  return {
    open: () => folder.open(),
    async crash(committed, unfinished) {
      await kill(await startWriter(folder.path, committed, unfinished))
    },
    dispose: () => folder[Symbol.dispose](),
  }
})
