/** What this node holds for others: the holder over a database in its data folder. Spec: HLD-1…HLD-14. */
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { openSqliteStore } from '@parley/adapter-store-sqlite-node'
import { HOLDER_POINTERS_ONLY_BYTES } from '@parley/core'
import { createHolder } from '@parley/engine'
import type { ClockPort, HolderFigures, LogPort, MailboxServer, PortErrorCode } from '@parley/engine'
import { signatures } from './signatures.ts'

export interface HeldOptions {
  /** The data folder; made when missing. */
  readonly data: string
  /** Ed25519 seed of the node, 32 bytes, borrowed. */
  readonly seed: Uint8Array
  /** `bytesMax` 0: pointers and profile records only, as a peer of the DHT. HLD-9 */
  readonly limits: { readonly bytesMax: number; readonly workBits: number }
  readonly log: LogPort
}

export interface HeldForOthers {
  readonly serve: MailboxServer
  /** Whether a profile that was pushed on `topic` may be passed on; rejects when the database fails. HLD-14 */
  readonly checkProfile: (topic: number, record: Uint8Array) => Promise<boolean>
  figures(): HolderFigures
  /** Writes to the disk: why that fails, or what damage was found; `undefined` when all is well. */
  failure(): PortErrorCode | undefined
  /** Idempotent. */
  stop(): void
}

const systemClock: ClockPort = {
  now: () => Date.now(),
  after(delayMs, fire) {
    const timer = setTimeout(fire, delayMs)
    return () => clearTimeout(timer)
  },
}

/**
 * Opens `held.db` in the data folder.
 * @throws PortError `STORE_IN_USE`, `STORE_CORRUPT`, `STORE_FULL`, `STORE_FAILED`; Error when a newer version wrote it.
 */
export function openHeldForOthers({ data, seed, limits, log }: HeldOptions): HeldForOthers {
  let damage: PortErrorCode | undefined
  const onDamaged = (): void => {
    damage = 'STORE_CORRUPT'
  }
  const store = openSqliteStore({ path: join(data, 'held.db'), log, onDamaged })
  try {
    const breathe = (): Promise<void> => setImmediate()
    const isPushNode = limits.bytesMax > 0
    const holder = createHolder({
      store,
      clock: systemClock,
      crypto: signatures,
      seed,
      isPushNode,
      limits: isPushNode ? limits : { ...limits, bytesMax: HOLDER_POINTERS_ONLY_BYTES },
      breathe,
      log,
    })
    return {
      serve: holder.serve,
      checkProfile: (topic, record) => holder.checkProfile(topic, record),
      figures: () => holder.figures(),
      failure: () => damage ?? holder.probe(),
      stop() {
        holder.stop()
        store.close()
      },
    }
  } catch (error) {
    store.close()
    throw error
  }
}
