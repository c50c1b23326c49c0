/** Places for the contract suite of block storage, and what its rules have in common. */
import { blockCid, cidText } from '@parley/core'
import { expect } from 'vitest'
import type { BlockReaderPort, BlockStoragePort } from '../block-storage.ts'
import { frameOf, never } from './network-fixture.ts'

/** Makes the place misbehave until the returned function is called. */
export type Fault = () => Promise<() => Promise<void>>

/** One place, and somebody far away who reads from it. */
export interface BlockStorageWorld {
  /** The back end as a process opens it; again after `stop`, as the next process does. At most one is open. */
  open(): Promise<BlockStoragePort>
  /** Belongs to another machine than the back end. */
  readonly reader: BlockReaderPort
  /** Each fault of the place that can be made here; a test of an absent one is skipped. */
  readonly faults: {
    /** The place refuses what we show it. */
    readonly refused?: Fault
    /** The place is not there. */
    readonly down?: Fault
    /** The place takes nothing more. */
    readonly full?: Fault
    /** The place takes requests and stays silent. */
    readonly silent?: Fault
  }
  dispose(): Promise<void>
}

/** A block and its name. */
export interface NamedBlock {
  readonly cid: string
  readonly block: Uint8Array
}

/** Block `index` of a run, `length` bytes, the same every time. */
export function namedBlock(index: number, length: number): NamedBlock {
  const block = frameOf(index, length)
  return { cid: cidText(blockCid(block)), block }
}

/** One of the calls of a storage, on one block. */
export type Action = (signal: AbortSignal) => Promise<unknown>

/** `store`, `has`, `remove`. */
export const actions = (storage: BlockStoragePort, { cid, block }: NamedBlock): readonly [Action, Action, Action] => [
  (signal) => storage.store(cid, block, signal),
  (signal) => storage.has(cid, signal),
  (signal) => storage.remove(cid, signal),
]

/** Every location gives the block. */
export async function expectReadable(
  { reader }: BlockStorageWorld,
  { cid, block }: NamedBlock,
  locations: readonly string[],
): Promise<void> {
  for (const location of locations) {
    expect([location, reader.canRead(location)]).toEqual([location, true])
    const read = await reader.read(location, cid, never())
    // not toEqual on the bytes themselves: half a mebibyte of difference is no help
    expect([location, read?.length]).toEqual([location, block.length])
    expect(read !== undefined && cidText(blockCid(read)) === cid).toBe(true)
  }
}

/** What `act` rejects with; `undefined` when it does not. */
export const thrownBy = (act: Promise<unknown>): Promise<unknown> =>
  act.then(
    () => undefined,
    (error: unknown) => error,
  )
