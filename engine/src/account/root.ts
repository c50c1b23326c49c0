/** The root key, out of the words, for as long as one piece of work takes. Spec: IDN-5, KEY-1. */
import { deriveAccountSecrets, zero } from '@parley/core'
import type { Context } from '../context.ts'
import { readPhrase } from './self.ts'

/** Gives `use` the seed of the root key (32 bytes, borrowed) and wipes it when that has settled. */
export async function withRootSeed<T>(
  { crypto, store, vault }: Pick<Context, 'crypto' | 'store' | 'vault'>,
  use: (rootSeed: Uint8Array) => Promise<T>,
): Promise<T> {
  const { rootSeed, backupKey } = await deriveAccountSecrets(crypto, readPhrase({ store, vault }))
  zero(backupKey)
  try {
    return await use(rootSeed)
  } finally {
    zero(rootSeed)
  }
}
