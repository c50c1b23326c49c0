/** Pointers that a holder gave, opened: what waits, and who has it. Spec: PTR-5, PTR-6, PTR-7. */
import { openPointer, openWorked, sha256, toHex, type PointedBlock, type PointerRecord } from '@parley/core'
import type { Context } from '../context.ts'
import { pointerRead } from '../store/retrieved.ts'
import type { Slot } from './chains.ts'

/** A request and a Welcome carry a bundle (BUNDLE_BYTES_MAX) and a little more: of ENVELOPE_BUCKETS_BYTES, this holds them. */
const STRANGER_BLOCK_BYTES_MAX = 131_072

/** A pointer that was not read before. */
export interface Found {
  readonly record: PointerRecord
  /** Absent for mail of strangers. */
  readonly slot: Slot | undefined
  readonly blocks: readonly PointedBlock[]
  /** Push nodes that had the record, then what it says. */
  readonly holders: readonly string[]
}

/** By key, or by content where many share a key. */
export type FoundByName = Map<string, Found>

export const nameOf = ({ type, key, bytes }: PointerRecord): string => toHex(type === 'signed' ? key : sha256(bytes))

/** Reads a record; `undefined` when it is not for us, says nothing that we understand, or was dealt with. */
export function openFound(
  { crypto, store }: Pick<Context, 'crypto' | 'store'>,
  record: PointerRecord,
  slot: Slot | undefined,
): Found | undefined {
  if (record.type === 'worked') {
    const payload = openWorked(record)
    const [block] = payload?.blocks ?? []
    // More than one block, or a large one, would make a little work buy a lot of ours. PTR-7, OFF-16
    const isFair = payload?.blocks.length === 1 && block !== undefined && block.size <= STRANGER_BLOCK_BYTES_MAX
    return isFair ? { record, slot: undefined, ...payload } : undefined
  }
  if (slot === undefined || record.sequence <= pointerRead(store, record.key)) return undefined
  const payload = openPointer(crypto, slot.secret.payloadKey, record)
  return payload && { record, slot, ...payload }
}

/** Adds what one place had to what others had: the greatest sequence counts, the same one twice has more holders. PTR-5 */
export function mergeFound(into: FoundByName, found: Found): void {
  const name = nameOf(found.record)
  const known = into.get(name)
  if (known === undefined || known.record.sequence < found.record.sequence) into.set(name, found)
  else if (known.record.sequence === found.record.sequence) {
    into.set(name, { ...known, holders: [...new Set([...found.holders, ...known.holders])] })
  }
}
