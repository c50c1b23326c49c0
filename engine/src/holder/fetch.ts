/** What is read by its CID: blocks, and the pictures that came with profiles. Spec: HLD-1, HLD-11. */
import { digestOfCid, fittingItems, MAILBOX_BLOCKS_MAX, type Millis } from '@parley/core'
import type { Held } from './held.ts'
import { keyText } from './key-text.ts'

export interface Readable {
  /** Bytes. */
  readonly size: number
  /** `undefined` when it has gone since it was found. */
  read(): Uint8Array | undefined
}

/** Those of these CIDs that are here and live, by digest ({@link keyText}). */
export function readableOf(
  { blocks, profiles }: Pick<Held, 'blocks' | 'profiles'>,
  cids: readonly Uint8Array[],
  now: Millis,
): ReadonlyMap<string, Readable> {
  const found = new Map<string, Readable>()
  for (const [key, { id, size }] of blocks.held(cids, now)) found.set(key, { size, read: () => blocks.read(id) })
  const others = cids.filter((cid) => !found.has(keyText(digestOfCid(cid))))
  for (const [key, { id, size }] of profiles.avatars(others, now)) {
    found.set(key, { size, read: () => profiles.readAvatar(id) })
  }
  return found
}

/** The first of these that are here and one answer can carry, in their order; a CID that is named twice once. */
export function fetchReadable(
  held: Pick<Held, 'blocks' | 'profiles'>,
  cids: readonly Uint8Array[],
  now: Millis,
): readonly Uint8Array[] {
  const found = readableOf(held, cids, now)
  const keys = [...new Set(cids.map((cid) => keyText(digestOfCid(cid))))]
  const wanted = keys.map((key) => found.get(key)).filter((readable) => readable !== undefined)
  const count = fittingItems(
    wanted.map(({ size }) => size),
    MAILBOX_BLOCKS_MAX,
  )
  return wanted
    .slice(0, count)
    .map((readable) => readable.read())
    .filter((bytes) => bytes !== undefined)
}
