import type { StorePort } from '../ports/index.ts'
import { Accounts, type HolderQuota } from './accounts.ts'
import { Blocks } from './blocks.ts'
import { Counters } from './figures.ts'
import { Pointers } from './pointers.ts'
import { Profiles } from './profiles.ts'
import { Writer } from './writer.ts'
import { Announced } from './announced.ts'
import { migrateHolder } from './schema.ts'

/** Everything that a holder has. */
export interface Held {
  readonly accounts: Accounts
  readonly blocks: Blocks
  readonly pointers: Pointers
  readonly profiles: Profiles
  readonly announced: Announced
  readonly writer: Writer
  readonly counters: Counters
}

/** @throws PortError of the store; Error when a newer version wrote it. */
export function openHeld(store: StorePort, quota: HolderQuota, breathe: (() => Promise<void>) | undefined): Held {
  migrateHolder(store)
  const accounts = new Accounts(store, quota)
  const blocks = new Blocks(store, accounts)
  const mark = (): (() => void) => {
    const restores = [accounts.mark(), blocks.mark()]
    return () => restores.forEach((restore) => restore())
  }
  return {
    accounts,
    blocks,
    pointers: new Pointers(store, accounts),
    profiles: new Profiles(store, accounts),
    announced: new Announced(),
    writer: new Writer({ store, mark, breathe }),
    counters: new Counters(),
  }
}
